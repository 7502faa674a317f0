from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from ivr.service import logs

pytestmark = pytest.mark.usefixtures("restored_logs")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("13800138000", "138****8000"),
        ("+8613800138000", "+861******8000"),
        ("sip:13800138000@pbx", "sip:138****8000@pbx"),
        ("021-55551234.", "021-55****34."),
        ("rang 8001 at 12:30", "rang 8001 at 12:30"),
        ("分机4008接听", "分机4008接听"),
    ],
)
def test_the_middle_of_a_number_is_masked(text: str, masked: str) -> None:
    assert logs.mask(text) == masked


@pytest.mark.req("G3")
@pytest.mark.parametrize(
    "number", ["110101199003077774", "一一零一零一一九九零零三零七七七七四", "6222 0212 3456 7890 120"]
)
@pytest.mark.parametrize("method", ["debug", "info", "error"])
def test_nothing_of_a_private_number_is_told(number: str, method: str) -> None:
    out = io.StringIO()
    logs.configure(logging.DEBUG, out)
    getattr(structlog.get_logger("test"), method)("heard", said=f"卡号{number}，对")
    assert (
        json.loads(out.getvalue())["said"] == "卡号" + "".join("■" if each != " " else " " for each in number) + "，对"
    )


def test_machines_get_json_without_numbers_in_clear() -> None:
    out = io.StringIO()
    logs.configure(stream=out)
    structlog.get_logger("test").info("call from 13800138000", caller="13800138000", call="1234567890")
    entry = json.loads(out.getvalue())
    assert entry["event"] == "call from 138****8000"
    assert entry["caller"] == "138****8000"
    assert entry["call"] == "1234567890"
    assert entry["level"] == "info"


def test_people_get_key_and_value() -> None:
    out = Terminal()
    logs.configure(stream=out)
    structlog.get_logger("test").info("answered", ring=1)
    assert "answered" in out.getvalue()
    assert not out.getvalue().startswith("{")


def test_debug_is_silent_unless_asked_for() -> None:
    out = io.StringIO()
    logs.configure(stream=out)
    structlog.get_logger("test").debug("frame")
    assert not out.getvalue()
    logs.configure(level=logging.DEBUG, stream=out)
    structlog.get_logger("test").debug("INVITE", caller="13800138000")
    assert json.loads(out.getvalue())["caller"] == "13800138000"


def test_a_traceback_keeps_no_number_in_clear() -> None:
    out = io.StringIO()
    logs.configure(stream=out)
    try:
        int("13800138000x")
    except ValueError:
        structlog.get_logger("test").exception("broke")
    assert "13800138000" not in out.getvalue()
    assert "ValueError" in json.loads(out.getvalue())["exception"]


def test_what_libraries_say_comes_out_alike() -> None:
    out = io.StringIO()
    logs.configure(stream=out)
    logging.getLogger("asyncio").error("task for %s was lost", "13800138000")
    entry = json.loads(out.getvalue())
    assert (entry["logger"], entry["event"], entry["level"]) == ("asyncio", "task for 138****8000 was lost", "error")
