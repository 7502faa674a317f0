from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.understanding.plain import plain


@pytest.mark.parametrize(
    ("written", "said"),
    [("聽不懂", "听不懂"), ("１３８ＡＢ", "138AB"), (" 等 \n一下　", "等 一下"), ("", ""), ("\udcff等", "等")],
)
def test_one_spelling(written: str, said: str) -> None:
    assert plain(written) == said


@settings(deadline=None)
@given(st.text())
def test_what_is_plain_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)
