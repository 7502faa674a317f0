from __future__ import annotations

import json

from ivr.cli.show import as_json_text, pad, table, width


def test_a_chinese_character_is_two_columns_wide() -> None:
    assert width("您好，a") == 7
    assert pad("您", 4) == "您  "


def test_columns_line_up_across_scripts() -> None:
    assert table([{"name": "zto", "title": "中通"}, {"name": "通用", "title": "x"}]) == "\n".join(
        ["name  title", "zto   中通", "通用  x"]
    )


def test_no_rows_no_table() -> None:
    assert not table([])


def test_json_keeps_chinese() -> None:
    text = as_json_text({"company": "安达速运"})
    assert "安达速运" in text
    assert json.loads(text) == {"company": "安达速运"}
