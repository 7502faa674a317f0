"""Abuse, chatting, what is declined, names: what a scenario would not show (requirements E5-E7, D8, G6, A8, C8)."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.known import Known
from ivr.standards.house import House
from ivr.standards.load import load_standard, shipped
from tests.dialog.helpers import Driver

ABUSE = "你他妈的有病吧"
CHANNELS = re.compile("三一五|315|12315|工信部|通管局|消费者协会|消协|微博|媒体|记者|曝光|法院|10015|12300")


def caller(standard: str = "general", house: House | None = None) -> Driver:
    return Driver(standard, house, words=True).greeted()


def heard(call: Driver, *texts: str) -> list[str]:
    """What is said to somebody who says this, turn by turn."""
    before = len(call.prompts)
    for text in texts:
        call.say(text)
        call.said()
    return call.prompts[before:]


def called(name: str, standard: str = "general") -> Driver:
    """We rang somebody whom we know by that name."""
    call = Driver(standard, words=True)
    now = datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    call.tell(ev.Dialled("13800138000", now, "dropped", Known("help", {"name": name}, 1)))
    call.tell(ev.Connected())
    call.said()
    return call


@pytest.mark.req("E6")
@pytest.mark.parametrize(
    "text",
    [
        "快递员骂我神经病",
        "他骂我傻逼",
        "你们快递员让我滚",
        "我要投诉他骂我废物",
        "我孙子给我寄的快递",
        "你的密码是多少",
        "你妈妈的快递到了",
    ],
)
@pytest.mark.parametrize("standard", shipped())
def test_quoting_abuse_is_none(standard: str, text: str) -> None:
    assert "abuse_1" not in heard(caller(standard), text)


@pytest.mark.req("E6")
@pytest.mark.parametrize(
    "text",
    [
        "收件人",
        "这个收件人",
        "寄件人是谁",
        "收件人住在哪里",
        "我的出生日期",
        "这个出生证",
        "仓库还有存货吗",
        "这个存货",
        "我要表格",
        "滚筒洗衣机",
    ],
)
def test_words_that_sound_like_abuse_are_none(text: str) -> None:
    assert "abuse_1" not in heard(caller(), text)


@pytest.mark.req("E6", "D8")
@pytest.mark.parametrize("text", ["你他妈的给我转人工", "滚，叫人工来接", "转人工，神经病", "王八蛋，我要找人工客服"])
@pytest.mark.parametrize("standard", shipped())
def test_whoever_swears_and_asks_for_a_person_gets_one(standard: str, text: str) -> None:
    said = heard(caller(standard), text)
    assert said == ["transfer_operator"]


@pytest.mark.req("E6")
def test_what_comes_between_two_insults_does_not_wipe_them_out() -> None:
    assert heard(caller(), ABUSE, "我要留个电话", "神经病", "王八蛋") == [
        "abuse_1",
        "ask_phone",
        "abuse_2",
        "abuse_end",
    ]


@pytest.mark.req("E6")
def test_an_insult_where_a_number_is_asked_for_leaves_the_question_open() -> None:
    call = caller()
    assert heard(call, "给我回电话", ABUSE, "幺三九幺二三四五六七八") == ["ask_phone", "abuse_1", "read_phone"]


@pytest.mark.req("E6", "I2")
def test_an_insult_after_the_goodbye_only_ends_the_call() -> None:
    call = caller()
    heard(call, "没有了，再见")
    call.say(ABUSE)
    call.due()
    assert call.call.outcome == "goodbye"
    assert call.prompts[-1] == "goodbye"


@pytest.mark.req("E6")
def test_nobody_is_asked_twice_while_the_supervisor_thinks() -> None:
    call = caller("telecom")
    heard(call, ABUSE, ABUSE, ABUSE, ABUSE)
    assert [command.of for command in call.asked if isinstance(command, do.Inquire)] == ["supervisor"]
    assert call.prompts.count("abuse_ask") == 1


@pytest.mark.req("E6", "D8")
def test_a_person_is_within_reach_while_the_supervisor_thinks() -> None:
    call = caller("telecom")
    assert heard(call, ABUSE, ABUSE, ABUSE, "给我转人工")[-1] == "transfer_operator"
    assert any(isinstance(command, do.Withdraw) for command in call.asked)


@pytest.mark.req("E6")
@pytest.mark.parametrize(
    ("outcome", "then"), [("granted", "abuse_end"), ("refused", "abuse_kept"), ("failed", "abuse_kept")]
)
def test_the_call_goes_on_unless_the_supervisor_says_otherwise(outcome: str, then: str) -> None:
    call = caller("telecom")
    heard(call, ABUSE, ABUSE, ABUSE)
    call.tell(ev.Replied(call.last(do.Inquire).inquiry, outcome))
    assert call.prompts[-1] == then


@pytest.mark.req("E4")
@pytest.mark.parametrize("standard", shipped())
@pytest.mark.parametrize("text", ["上次那个客服态度很差", "客服态度太差了", "刚才那位客服态度很不好"])
def test_of_a_colleagues_manner_nobody_is_asked_whether_it_is_a_complaint(standard: str, text: str) -> None:
    assert heard(caller(standard), text) == ["manner_sorry", "ask_matter"]


@pytest.mark.req("E7")
def test_chatting_ends_with_what_was_promised_where_something_was() -> None:
    call = caller()
    heard(call, "给我回电话", "幺三九幺二三四五六七八", "对")
    assert heard(call, "你结婚了吗", "给我讲个笑话", "陪我聊聊天") == ["chat_1", "chat_2", "settled_end"]


@pytest.mark.req("E7", "D8")
def test_a_wish_after_the_closing_line_is_served_all_the_same() -> None:
    call = caller()
    heard(call, "你结婚了吗", "给我讲个笑话", "陪我聊聊天")
    assert heard(call, "帮我转人工") == ["transfer_operator"]


@pytest.mark.req("G6")
@pytest.mark.parametrize(("surname", "prompt"), [("", "our_number"), ("王", "our_surname")])
def test_a_surname_is_told_by_zto_only_where_the_house_has_one(surname: str, prompt: str) -> None:
    house = House(agent_surname=surname)
    assert heard(caller("zto", house), "请问您贵姓") == [prompt]
    assert heard(caller("general", house), "请问您贵姓") == ["our_number"]


@pytest.mark.req("A8")
@pytest.mark.parametrize(
    ("standard", "name", "text"),
    [
        ("general", "王先生", "王先生，"),
        ("general", "李小姐", "李女士，"),
        ("zto", "李小姐", "李小姐，"),
        ("general", "王小明", ""),
    ],
)
def test_whoever_is_known_is_called_by_name_and_title(standard: str, name: str, text: str) -> None:
    call = called(name, standard)
    call.say("是的")
    call.said()
    heard(call, "没有了，再见")
    (goodbye,) = call.last(do.Play).utterances
    assert goodbye.name == ("goodbye.named" if text else "goodbye")
    assert goodbye.text.startswith(text or "感谢")


@pytest.mark.req("E5")
def test_unicom_names_no_channel_by_which_a_complaint_could_be_escalated() -> None:
    standard = load_standard("unicom-online")
    assert {name: one.text for name, one in standard.wording.items() if CHANNELS.search(one.text)} == {}


@pytest.mark.req("G6")
def test_asked_inside_a_form_whether_a_machine_speaks_it_says_so_and_waits_on() -> None:
    call = caller("telecom")
    assert heard(call, "我要投诉你们")[-1] == "ask_matter"
    assert heard(call, "你是机器人吗") == ["our_nature"]
    assert heard(call, "师傅约好了昨天上门，一直没有来")[-1] == "read_matter"


@pytest.mark.req("D8")
@pytest.mark.parametrize("standard", shipped())
@pytest.mark.parametrize(("text", "prompt"), [("不要转人工", "ask_help"), ("不用了谢谢", "goodbye")])
def test_whoever_wants_nobody_is_not_put_through(standard: str, text: str, prompt: str) -> None:
    assert heard(caller(standard), text)[-1] == prompt
