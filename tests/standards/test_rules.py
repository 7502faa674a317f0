from __future__ import annotations

from pathlib import Path

import pytest

from ivr.errors import UserError
from ivr.standards.phrasing import pieces
from ivr.standards.rules import load_barred

BAR = '[[barred]]\nreq = "H1"\nsource = "ours"\ncategory = "spite"\nwhy = "is rude"\npasses = ["请稍等。"]\n'


def rules(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "phrases.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_phrase_falls_into_its_choices_and_gaps() -> None:
    assert pieces("你(就|)去…告") == (("你",), ("就", ""), ("去",), (), ("告",))


def test_a_houses_own_rules_are_read(tmp_path: Path) -> None:
    (bar,) = load_barred(rules(tmp_path, BAR + 'whole = ["不行"]\n'))
    assert (bar.whole, bar.phrases) == (["不行"], [])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("barred = ", "not valid TOML"),
        (BAR + 'phrases = ["不行"]\n', "barred.0.phrases: 「不行」 is a bare word"),
        (BAR + 'phrases = ["你(就|)去"]\n', "barred.0.phrases: 「你去」 is a bare word"),
        (BAR + 'phrases = ["…你去投诉"]\n', "barred.0.phrases: 「…你去投诉」 begins or ends with a gap"),
        (BAR.replace("H1", "Z9"), "barred.0.req: Input should be 'H1' or 'H2'"),
        (BAR.replace('passes = ["请稍等。"]', ""), "barred.0.passes: Field required"),
    ],
)
def test_a_mistake_is_one_line_that_names_file_and_key(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(UserError, match=r"phrases\.toml") as caught:
        load_barred(rules(tmp_path, text))
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        load_barred(tmp_path / "none.toml")
