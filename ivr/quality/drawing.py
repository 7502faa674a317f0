"""A drawing of a few kinds of shape, written as SVG or as PNG from the same list.

Two writers of thirty lines each take milliseconds and look the same; a plotting library takes seconds to load.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from ivr.errors import JobError

FONTS = "Noto Sans CJK SC,Noto Sans SC,Source Han Sans SC,PingFang SC,Microsoft YaHei,WenQuanYi Micro Hei,sans-serif"
Anchor = Literal["start", "middle", "end"]
_PILLOW_ANCHOR: dict[Anchor, str] = {"start": "ls", "middle": "ms", "end": "rs"}
_HANGING = tuple("，。、；：！？")  # may hang over the edge rather than begin a line
_FINE = 3  # a PNG is drawn this much larger…
_SHOWN = 1.5  # …and shrunk to this, which smooths its edges


class Box(NamedTuple):
    """A rectangle, perhaps with round corners."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str = "none"
    radius: float = 0.0
    tip: str = ""
    """Text that an SVG viewer shows under the pointer."""


class Shape(NamedTuple):
    """A filled polygon."""

    points: Sequence[tuple[float, float]]
    fill: str


class Stroke(NamedTuple):
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str
    width: float = 1.0
    dashed: bool = False


class Label(NamedTuple):
    """One line of text; `y` is its base line."""

    x: float
    y: float
    text: str
    size: float
    colour: str
    anchor: Anchor = "start"
    bold: bool = False


Item = Box | Shape | Stroke | Label


class Drawing(NamedTuple):
    """Shapes from back to front, in pixels."""

    width: float
    height: float
    items: Sequence[Item]


def text_width(text: str, size: float) -> float:
    """Width of a text in pixels, near enough: Chinese characters are square, others about half as wide."""
    return size * sum(1.0 if ord(character) > 0x2E7F else 0.58 for character in text)


def fitted(text: str, size: float, width: float) -> str:
    """The text, shortened with an ellipsis so that it fits; empty where not even two characters do."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text + "…" if len(text) > 1 else ""


def wrapped(text: str, size: float, width: float, lines: int) -> list[str]:
    """The text broken into at most so many lines of a width; the last is shortened if need be."""
    found: list[str] = []
    while text and len(found) < lines - 1:
        count = next((n for n in range(len(text), 0, -1) if text_width(text[:n], size) <= width), 0)
        count += bool(count) and text[count : count + 1] in _HANGING
        found.append(text[:count])
        text = text[count:] if count else ""
    return [*found, *filter(None, [fitted(text, size, width)])]


# ---------------------------------------------------------------- SVG


def write_svg(drawing: Drawing, path: Path) -> None:
    """Write it; raises JobError where the file cannot be written."""
    width, height = f"{drawing.width:.0f}", f"{drawing.height:.0f}"
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONTS}">',
        *map(_svg, drawing.items),
        "</svg>",
    ]
    try:
        path.write_text("\n".join(lines) + "\n", "utf-8")
    except OSError as error:
        raise JobError(f"{path}: {error.strerror} → name another folder with --out") from error


def _svg(item: Item) -> str:
    match item:
        case Box():
            tip = f"<title>{escape(item.tip)}</title>" if item.tip else ""
            place = f'x="{item.x:.1f}" y="{item.y:.1f}" width="{item.width:.1f}" height="{item.height:.1f}"'
            return f'<rect {place} rx="{item.radius:g}" fill="{item.fill}" stroke="{item.stroke}">{tip}</rect>'
        case Shape():
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in item.points)
            return f'<polygon points="{points}" fill="{item.fill}"/>'
        case Stroke():
            dash = ' stroke-dasharray="4 3"' if item.dashed else ""
            ends = f'x1="{item.x1:.1f}" y1="{item.y1:.1f}" x2="{item.x2:.1f}" y2="{item.y2:.1f}"'
            return f'<line {ends} stroke="{item.colour}" stroke-width="{item.width:g}"{dash}/>'
        case Label():
            weight = ' font-weight="600"' if item.bold else ""
            look = f'font-size="{item.size:g}" fill="{item.colour}" text-anchor="{item.anchor}"{weight}'
            return f'<text x="{item.x:.1f}" y="{item.y:.1f}" {look}>{escape(item.text)}</text>'


# ---------------------------------------------------------------- PNG


def write_png(drawing: Drawing, path: Path) -> None:
    """Write it; Chinese is left out where no font has it. Raises JobError where the file cannot be written."""
    image = Image.new("RGB", (round(drawing.width * _FINE), round(drawing.height * _FINE)), "white")
    canvas = ImageDraw.Draw(image)
    for item in drawing.items:
        _paint(item, canvas)
    shown = (round(drawing.width * _SHOWN), round(drawing.height * _SHOWN))
    try:
        image.resize(shown, Image.Resampling.LANCZOS).quantize(128).save(path, optimize=True)
    except OSError as error:
        raise JobError(f"{path}: {error.strerror} → name another folder with --out") from error


def _paint(item: Item, canvas: ImageDraw.ImageDraw) -> None:
    match item:
        case Box():
            frame = [v * _FINE for v in (item.x, item.y, item.x + item.width, item.y + item.height)]
            outline = None if item.stroke == "none" else item.stroke
            canvas.rounded_rectangle(frame, item.radius * _FINE, item.fill, outline, _FINE if outline else 0)
        case Shape():
            canvas.polygon([(x * _FINE, y * _FINE) for x, y in item.points], item.fill)
        case Stroke():
            _paint_line(item, canvas)
        case Label():
            text = item.text if font_file() else item.text.encode("ascii", "ignore").decode()
            place = (item.x * _FINE, item.y * _FINE)
            canvas.text(place, text, item.colour, _font(item.size), _PILLOW_ANCHOR[item.anchor], stroke_width=item.bold)


def _paint_line(line: Stroke, canvas: ImageDraw.ImageDraw) -> None:
    length = max(abs(line.x2 - line.x1), abs(line.y2 - line.y1))
    pieces = max(1, round(length / 7)) if line.dashed else 1
    width = max(1, round(line.width * _FINE))
    for n in range(pieces):
        start, end = n / pieces, (n + (0.57 if line.dashed else 1)) / pieces
        ends = [(line.x1 + (line.x2 - line.x1) * part, line.y1 + (line.y2 - line.y1) * part) for part in (start, end)]
        canvas.line([(x * _FINE, y * _FINE) for x, y in ends], line.colour, width)


@lru_cache
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    file = font_file()
    return ImageFont.truetype(file, round(size * _FINE)) if file else ImageFont.load_default(size * _FINE)


@lru_cache
def font_file() -> str | None:
    """A font on this machine that has Chinese characters (fontconfig knows), or None."""
    try:
        asked = ["fc-list", ":lang=zh-cn", "file"]
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - no input of anybody's
    except (OSError, subprocess.TimeoutExpired):
        return None
    files = sorted(line.rstrip(": ") for line in answer.stdout.splitlines() if line.strip())
    return next((file for wanted in ("NotoSansCJK-Regular", "wqy", "") for file in files if wanted in file), None)
