"""Whatever an answer holds, it is a reply of texts, or none that could be used."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from ivr.backends import NoAnswerError, Reply
from ivr.backends.http import HttpSource
from ivr.config.backends import HttpBackend

NAMES = st.sampled_from(["data", "a", "0", "code", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(["0", "x" * 2001]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
UNSPOKEN = {*map(chr, range(0x20)), *map(chr, range(0xD800, 0xE000))}
POINTERS = st.lists(NAMES, max_size=3).map(lambda names: "".join(f"/{name}" for name in names))
SETTINGS = st.builds(
    lambda found, values, outcome, optional: HttpBackend(
        kind="http",
        url="http://house.example/",
        found=found,
        values=values,
        outcome=outcome,
        outcomes={"0": "found", "1": "missing", "true": "delivered"},
        optional=list(values) if optional else [],
    ),
    POINTERS,
    st.dictionaries(NAMES, POINTERS, max_size=3),
    st.none() | POINTERS,
    st.booleans(),
)


@given(SETTINGS, JSON.map(json.dumps) | st.text(max_size=20), st.sampled_from([200, 201, 204, 302, 404, 429, 500]))
def test_any_answer_is_a_reply_or_none(settings: HttpBackend, body: str, status: int) -> None:
    with suppress(NoAnswerError):
        reply = HttpSource(settings)._read(status, body.encode(errors="surrogatepass"))
        assert isinstance(reply, Reply)
        assert reply.outcome in {"found", "missing", "delivered"}
        assert all(isinstance(value, str) and len(value) <= 2000 for value in reply.values.values())
        assert not any(set(value) & UNSPOKEN for value in reply.values.values())


def test_what_no_database_takes_and_no_voice_speaks_is_left_out_of_a_value() -> None:
    answer = b'{"place": "\\u4e0a\\u200b\\u6d77\\u0000\\u001b[31m \\ud800\\n", "n": 1.50}'
    reply = HttpSource(HttpBackend(kind="http", url="http://house.example/"))._read(200, answer)
    assert reply.values == {"place": "上海 [31m", "n": "1.50"}
