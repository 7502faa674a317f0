"""Pictures: what is in them, and that they are pictures."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ivr.errors import JobError
from ivr.quality.drawing import Drawing, Label, fitted, text_width, wrapped, write_png, write_svg
from ivr.quality.observed import CallerAct, HeardPrompt, Observed
from ivr.quality.picture import State, Timeline, draw, states_of
from ivr.quality.turns import Turn

SEEN = Observed(
    heard=(HeardPrompt("greeting", 1.1, 3.1, text="上午好，<您>"), HeardPrompt("silent_1", 5.1, 6.0, False, "您好")),
    caller=(CallerAct("speech", 5.9, 7.0, "喂"), CallerAct("key", 7.5, 7.6, "9")),
    answered=1.0,
    ended=9.6,
    ended_by="us",
    status=200,
)
SOUND = (np.sin(np.arange(80000) / 5) * 8000).astype(np.int16)


def _timeline(seen: Observed = SEEN) -> Timeline:
    return Timeline("标题", "B1", True, seen, SOUND, np.zeros(80000, np.int16), [State(1.0, 3.1, "greeting_saying")])


def _texts(svg: Path) -> list[str]:
    return [element.text or "" for element in ET.parse(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_waits_are_shown_with_their_lengths(tmp_path: Path) -> None:
    svg, _ = draw(_timeline(), tmp_path)
    texts = _texts(svg)
    assert "2.00 s" in texts  # between the prompts, and before we hung up
    assert "0.10" in texts  # greeting time, and barge-in
    assert "1.00 s" in texts  # until the answer
    assert {"标题", "greeting", "上午好，<您>", "喂", "key 9", "BYE by service", "PASS"} <= set(texts)


def test_what_the_service_understood_is_shown_under_what_was_said(tmp_path: Path) -> None:
    heard = Turn(5.9, 7.0, "喂", verdict="inaudible", why="faint", evidence={"text": "喂"})
    understood = replace(heard, start=8.0, verdict="addressed", understood="track")
    svg, _ = draw(replace(_timeline(), turns=[heard, understood, replace(heard, verdict="")]), tmp_path)
    assert {"「喂」", "inaudible: faint", "addressed: track"} <= set(_texts(svg))


def test_the_png_is_one_of_the_same_shape(tmp_path: Path) -> None:
    svg, png = draw(_timeline(), tmp_path)
    root = ET.parse(svg).getroot()
    with Image.open(png) as image:
        assert image.size == (round(float(root.attrib["width"]) * 1.5), round(float(root.attrib["height"]) * 1.5))
        assert len(image.convert("RGB").getcolors(1 << 20) or []) > 20


def test_a_call_that_was_never_answered_can_be_drawn(tmp_path: Path) -> None:
    svg, _ = draw(_timeline(Observed(ended=2.5, ended_by="caller", status=487)), tmp_path)
    assert "CANCEL by caller" in _texts(svg)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="--out"):
        draw(_timeline(), tmp_path / "nowhere")


def test_states_come_from_the_journal() -> None:
    journal = [
        {"t": 0.0, "state": "alerting"},
        {"t": 0.5, "event": "x"},
        {"t": 1.0, "state": "greeting_saying", "menu": "greeting"},
    ]
    assert states_of(journal, 3.0) == [State(0.0, 1.0, "alerting"), State(1.0, 3.0, "greeting_saying", "greeting")]


def test_text_is_shortened_to_fit() -> None:
    assert fitted("您好", 10, 20) == "您好"
    assert fitted("您好，请问", 10, 30) == "您好…"
    assert fitted("您好", 10, 5) == ""
    assert wrapped("您好，请问有什么可以帮您？", 10, 40, 2) == ["您好，请", "问有什…"]
    assert wrapped("我听到您。", 10, 40, 2) == ["我听到您。"]
    assert text_width("ab", 10) < text_width("您好", 10)


def test_markup_in_a_text_stays_text(tmp_path: Path) -> None:
    svg = tmp_path / "a.svg"
    write_svg(Drawing(10, 10, [Label(0, 0, "<b>&", 10, "#000000")]), svg)
    assert _texts(svg) == ["<b>&"]


def test_without_a_chinese_font_the_rest_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.quality.drawing.font_file", lambda: None)
    write_png(Drawing(40, 20, [Label(5, 15, "您好 ab", 10, "#000000")]), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert np.asarray(image.convert("L")).min() < 128
