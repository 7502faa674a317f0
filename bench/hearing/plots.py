"""Pictures of what is in the JSON file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_NOISE = ("clean", "20 dB SNR", "10 dB SNR", "5 dB SNR")


def draw(folder: Path) -> Iterator[Path]:
    """One picture a section that was run; yields where they are."""
    figures: dict[str, Any] = json.loads((folder / "hearing.json").read_text(encoding="utf-8"))
    for name, paint in {"verdict": _matrices, "recognition": _errors, "latency": _waits}.items():
        if name in figures:
            figure = Figure(figsize=(12, 4.5), layout="constrained")
            paint(figure, figures[name])
            figure.savefig(folder / f"{name}.png", dpi=120)
            yield folder / f"{name}.png"


def _matrices(figure: Figure, found: dict[str, Any]) -> None:
    for axes, (condition, figures) in zip(np.ravel(figure.subplots(1, len(found))), found.items(), strict=True):
        matrix = figures["matrix"]
        truths, kinds = list(matrix), list(next(iter(matrix.values())))
        counts = np.array([[matrix[truth][kind] for kind in kinds] for truth in truths], float)
        shares = counts / counts.sum(axis=1, keepdims=True)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for at in zip(*np.nonzero(counts), strict=True):
            axes.text(*at[::-1], f"{counts[at]:.0f}", ha="center", va="center", color="kw"[int(shares[at] > 0.5)])
        axes.set_xticks(range(len(kinds)), kinds, rotation=90, fontsize=7)
        axes.set_yticks(range(len(truths)), truths, fontsize=7)
        axes.set_title(f"{condition}: {figures['right']:.0%} right", fontsize=9)


def _errors(figure: Figure, found: dict[str, Any]) -> None:
    left, right = figure.subplots(1, 2)
    groups = {name: rates for name, rates in found.items() if name not in ("digits", "speed")}
    for name, rates in groups.items():
        _line(
            left, name, {condition: 100 * rates[condition]["syllables"] for condition in _NOISE if condition in rates}
        )
    for how in ("dictated", "in haste"):
        rates = {condition: found.get("digits", {}).get(f"{how}, {condition}") for condition in _NOISE}
        _line(right, how, {condition: 100 * each["digits_right"] for condition, each in rates.items() if each})
    left.set(ylabel="wrong syllables, %", ylim=(0, None))
    right.set(ylabel="digits of numbers, %", ylim=(50, 100))
    for axes in (left, right):
        axes.legend(fontsize=8)
        axes.grid(alpha=0.3)


def _waits(figure: Figure, found: dict[str, Any]) -> None:
    axes = figure.subplots()
    for who, by_number in found.items():
        for number, figures in by_number.items():
            waits = sorted(figures["waits_s"])
            axes.plot(waits, np.linspace(0, 100, len(waits)), "-" if who == "ours" else "--", label=f"{who}, {number}")
    axes.set(xlabel="caller's last audible sample to the first of the answer, s", ylabel="% of answers", xlim=(0, None))
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)


def _line(axes: Axes, label: str, values: dict[str, float]) -> None:
    axes.plot(list(values), list(values.values()), "o-", label=label)
