"""Small standards that inherit `general`."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.standards.load import StandardError, load_standard


def house(tmp_path: Path, change: str, inherits: str = "general") -> Path:
    """A house's own file with this change."""
    path = tmp_path / "house.toml"
    path.write_text(f'name = "house"\ninherits = "{inherits}"\ntitle = "t"\nsources = []\n{change}\n', "utf-8")
    return path


def complaints(tmp_path: Path, change: str, inherits: str = "general") -> list[str]:
    """What is wrong with it, line by line."""
    with pytest.raises(StandardError) as caught:
        load_standard(house(tmp_path, change, inherits))
    assert "\n" not in str(caught.value)
    return caught.value.lines
