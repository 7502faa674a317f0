"""The picture is true: ARCHITECTURE.md shows the diagrams that `ivr graph` draws today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr.dialog.graph import diagrams

PAGE = Path(__file__).parents[1] / "ARCHITECTURE.md"


@pytest.mark.parametrize("name", ["call", "ladder"])
def test_the_page_shows_the_table_as_it_is(name: str) -> None:
    shown = re.search(
        rf"<!-- ivr graph: {name} -->\n```mermaid\n(.*?)\n```\n<!-- end -->", PAGE.read_text("utf-8"), re.S
    )
    assert shown, f"no diagram of {name}"
    assert shown[1] == diagrams([])[name], (
        f"ARCHITECTURE.md shows an old diagram: paste what `ivr graph` prints for {name}"
    )
