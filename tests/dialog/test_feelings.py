"""What a call does for callers who are upset, tell of a hardship, complain again, or were misheard by us."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.standards.load import load_standard, shipped
from ivr.standards.model import Standard
from tests.dialog.helpers import Driver

STORY = "快递员把我的包裹扔在门口，里面的杯子全碎了"
RANT = "岂有此理，受不了了，真是忍无可忍"


@pytest.fixture
def call() -> Driver:
    return Driver(words=True).greeted()


def tell(call: Driver, *turns: str) -> None:
    """Each as soon as we have finished."""
    for text in turns:
        call.say(text)
        call.said()


def remembered(**known: tuple[str, ...]) -> Driver:
    """A caller of whom the records know this."""
    call = Driver(words=True)
    at = datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    call.tell(ev.Invited("4001", "13800138000", at))
    call.tell(ev.Remembered(**known), 0.1)  # type: ignore[arg-type]  # only the tuples among its fields
    call.due()
    call.tell(ev.Connected())
    call.said()
    return call


def with_limits(**limits: float) -> Standard:
    general = load_standard("general")
    return general.model_copy(update={"limits": general.limits.model_copy(update=limits)})


def owed(call: Driver) -> list[do.Scalar]:
    return [note["promise"] for note in call.notes("owed")]


def nobody_knows(call: Driver) -> None:
    """The house has no system for tickets."""
    if asked := [command for command in call.asked if isinstance(command, do.Inquire)]:
        call.tell(ev.Replied(asked[-1].inquiry, "nobody"))


# ---------------------------------------------------------------- upset (E1)


@pytest.mark.req("E1")
def test_empathy_comes_before_the_business_of_an_upset_caller(call: Driver) -> None:
    call.say("气死我了，受不了了，帮我查快递")
    assert call.prompts[-2:] == ["calm_1", "ask_waybill"]


@pytest.mark.req("E1")
def test_where_the_words_mean_nothing_a_question_takes_the_lead(call: Driver) -> None:
    call.say(RANT)
    assert call.prompts[-2:] == ["calm_1", "steer"]
    tell(call, "昨天的包裹被人拆开过了")
    assert call.notes("answer")[-1]["slot"] == "matter"


@pytest.mark.req("E1")
def test_in_the_middle_of_a_form_the_question_is_asked_again(call: Driver) -> None:
    tell(call, "查快递")
    call.say(RANT)
    assert call.prompts[-2:] == ["calm_1", "ask_waybill"]


@pytest.mark.req("E1")
def test_who_is_not_to_be_calmed_is_offered_the_manager_who_hears_of_it_at_once(call: Driver) -> None:
    tell(call, "查快递", RANT, RANT, RANT)
    assert [prompt for prompt in call.prompts if prompt.startswith("calm")] == ["calm_1", "calm_2", "calm_3"]
    call.say(RANT)
    assert call.prompts[-2:] == ["manager_sorry", "supervisor_consent"]
    assert owed(call) == ["unsettled"]
    assert load_standard("general").promise["unsettled"].urgent


@pytest.mark.req("D8", "E1")
def test_an_upset_caller_who_wants_a_person_gets_one_however_often_we_have_calmed_them(call: Driver) -> None:
    tell(call, "查快递", RANT, RANT, RANT)
    call.say("受不了了，岂有此理，转人工")
    assert call.prompts[-1] == "transfer_operator"


@pytest.mark.req("E1")
@pytest.mark.parametrize(
    ("turn_s", "name", "prompt"),
    [(20.0, "", "interrupt"), (40.0, "我叫王小明", "interrupt_named"), (40.0, "我姓王", "interrupt")],
)
def test_a_long_rant_is_interrupted_politely_and_what_was_understood_is_kept(
    turn_s: float, name: str, prompt: str
) -> None:
    call = Driver(with_limits(turn_s=turn_s), words=True).greeted()
    if name:
        tell(call, "我是记者", name, "不想说了，当我没说")
    tell(call, "我要投诉")
    began = call.now
    call.utter(STORY)
    call.tell(ev.SpeechOnset())
    call.tell(ev.SpeechConfirmed(), call.now + 0.25)
    call.due()
    assert call.now == pytest.approx(began + turn_s + 0.25, abs=0.5)
    assert call.prompts[-2] == prompt
    assert call.prompts[-1] == "read_matter"
    assert call.notes("answer")[-1]["value"] == STORY


# ---------------------------------------------------------------- hardship, and what else is told by the way (E10, E4)


@pytest.mark.req("E10")
def test_sympathy_comes_before_business_and_in_other_words_the_second_time(call: Driver) -> None:
    tell(call, "我妈妈住院了，帮我查快递")
    assert call.prompts[-2:] == ["sympathy_1", "ask_waybill"]
    tell(call, "她现在病得很重")
    assert call.prompts[-2:] == ["sympathy_2", "ask_waybill"]
    tell(call, "她做手术要用的")
    assert call.prompts[-1:] == ["ask_waybill"]


@pytest.mark.req("E10")
def test_a_hardship_without_a_wish_is_followed_by_a_question(call: Driver) -> None:
    call.say("我刚刚失业了")
    assert call.prompts[-2:] == ["sympathy_1", "ask_help"]


@pytest.mark.req("E4")
@pytest.mark.parametrize(
    ("complaint", "prompt", "promise"),
    [
        ("你们电话打了半天才打通", "busy_line_1", "busy_line"),
        ("你动作太慢了", "slow_1", "slow"),
        ("刚才电话突然断了", "cut_off", "cut_off"),
    ],
)
def test_a_complaint_of_the_line_gets_its_own_apology_and_record_and_we_go_on(
    call: Driver, complaint: str, prompt: str, promise: str
) -> None:
    call.say(f"{complaint}，我要查快递")
    assert call.prompts[-2:] == [prompt, "ask_waybill"]
    assert owed(call) == [promise]


@pytest.mark.req("E4")
def test_nothing_told_by_the_way_keeps_a_call_for_ever(call: Driver) -> None:
    for _ in range(40):
        if call.call.goodbye:
            break
        tell(call, "我刚刚失业了")
    assert call.call.goodbye


# ---------------------------------------------------------------- complaints (E2, E3, E5)


@pytest.mark.req("E2", "C10")
def test_no_comfort_is_said_twice_nor_after_other_comfort(call: Driver) -> None:
    tell(call, f"我要投诉，{STORY}", "对", "幺三九零五七幺八八二六", "对")
    for _ in range(3):
        tell(call, "我还要投诉", "你们的快递员在楼下大声骂我", "对")
    comfort = [prompt for prompt in call.prompts if prompt.startswith("comfort")]
    assert comfort == ["comfort_1", "comfort_2", "comfort_3"]
    assert call.prompts.count("ask_phone") == 1


@pytest.mark.req("E2", "E5")
def test_nor_to_whom_a_second_complaint_was_not_enough(call: Driver) -> None:
    tell(call, f"我要投诉，{STORY}", "对", "幺三九零五七幺八八二六", "对", "我还要投诉", "你们的快递员骂我", "对")
    tell(call, "我要找消协")
    assert call.prompts.count("comfort_2") == 1
    assert call.prompts[-2:] == ["escalated_noted", "anything_else"]
    assert owed(call)[-2:] == ["escalated", "escalated_record"]


@pytest.mark.req("E2")
@pytest.mark.parametrize("story", ["快递员打电话骂我骂得很难听", "快递员骂我还挂我的电话"])
@pytest.mark.parametrize("turns", [("我要投诉", "{story}"), ("我要投诉，{story}",)])
def test_a_matter_in_which_somebody_rings_is_recorded_whole(call: Driver, story: str, turns: tuple[str, ...]) -> None:
    tell(call, *(turn.format(story=story) for turn in turns))
    assert call.notes("answer")[-1]["value"] == story


@pytest.mark.req("E2", "F9")
def test_a_number_told_with_the_matter_is_no_part_of_it(call: Driver) -> None:
    tell(call, "我要投诉", "快递员把我的杯子摔碎了，我的电话是幺三九零五七幺八八二六")
    told = {note["slot"]: note["value"] for note in call.notes("answer")}
    assert told == {"matter": "快递员把我的杯子摔碎了", "phone": "13905718826"}


@pytest.mark.req("E2", "F9")
@pytest.mark.parametrize(
    ("turns", "matter"),
    [
        (("我要投诉", "我叫王小明电话一三九一二三四五六七八快递丢了"), "我叫王小明，快递丢了"),
        (("我要投诉", "快递员骂我，电话一三九一二三四五六七八，东西也丢了"), "快递员骂我，东西也丢了"),
        (("我要投诉", "我的电话是13912345678，快递丢了"), "快递丢了"),
        (
            ("我要投诉，快递员骂我骂得很难听，电话一三九一二三四五六七八，东西也丢了",),
            "快递员骂我骂得很难听，东西也丢了",
        ),
    ],
)
def test_what_is_told_around_a_number_is_not_lost(call: Driver, turns: tuple[str, ...], matter: str) -> None:
    tell(call, *turns)
    told = {slot: value.replace(",", "，") for slot, value in call.call.standing.slots.items()}
    assert told == {"matter": matter, "phone": "13912345678"}


@pytest.mark.req("E2")
def test_a_story_in_which_the_word_for_it_stands_is_whole(call: Driver) -> None:
    tell(call, "我要投诉", "快递员骂我，我要投诉他骂人")
    assert call.call.standing.slots["matter"] == "快递员骂我，我要投诉他骂人"


@pytest.mark.req("E2", "C3")
@pytest.mark.parametrize(
    ("said", "matter"),
    [
        ("不对，是打我", "快递员骂我；不对，是打我"),
        ("不是快递员，是客服", "快递员骂我；不是快递员，是客服"),
        ("还有他摔我东西", "快递员骂我；还有他摔我东西"),
        ("对，但是还有他摔我东西", "快递员骂我；但是还有他摔我东西"),
        ("对但是还有他摔我东西", "快递员骂我；但是还有他摔我东西"),
        ("补充一下，是昨天约的上午", "快递员骂我；补充一下，是昨天约的上午"),
    ],
)
def test_what_is_said_to_a_story_read_back_is_added_and_read_back(call: Driver, said: str, matter: str) -> None:
    tell(call, "我要投诉", "快递员骂我", said)
    assert call.prompts[-2:] == ["read_matter", "read_matter"]
    assert call.call.standing.slots["matter"] == matter
    tell(call, "对，就是这样")
    assert call.prompts[-1] == "ask_phone"


@pytest.mark.req("E2", "F5")
def test_another_matter_is_on_record_as_well(call: Driver) -> None:
    tell(call, f"我要投诉，{STORY}", "对", "幺三九零五七幺八八二六", "对")
    tell(call, "我还要投诉", "你们的快递员在楼下大声骂我", "对")
    matters = [str(note["summary"]) for note in call.notes("owed") if note["promise"] == "complaint"]
    assert len(matters) == 2
    assert "杯子全碎了" in matters[0]
    assert "在楼下大声骂我" in matters[1]


@pytest.mark.req("E3")
@pytest.mark.parametrize("words", ["我要投诉", "我上次投诉的事情怎么样了"])
@pytest.mark.parametrize(("overdue", "said"), [((), "complaint_hastened"), (("complaint",), "complaint_overdue")])
def test_an_open_ticket_is_hastened_and_an_overdue_one_promised_anew(
    words: str, overdue: tuple[str, ...], said: str
) -> None:
    call = remembered(owed=("complaint",), overdue=overdue)
    call.say(words)
    nobody_knows(call)
    assert call.prompts[-2:] == [said, "complaint_other"]
    assert owed(call) == [*(["overdue"] if overdue else []), "complaint"]


@pytest.mark.req("E3")
def test_who_has_no_open_ticket_tells_what_it_is_about() -> None:
    call = remembered(owed=("fault",))
    call.say("我上次投诉的事情怎么样了")
    nobody_knows(call)
    assert call.prompts[-1] == "ask_matter"


@pytest.mark.req("E3")
@pytest.mark.parametrize(
    ("outcome", "said", "promise"),
    [("found", "complaint_hastened", "ticket_hastened"), ("overdue", "complaint_overdue", "overdue")],
)
@pytest.mark.parametrize("standard", shipped())
def test_a_ticket_of_the_houses_own_system_is_hastened_too(
    standard: str, outcome: str, said: str, promise: str
) -> None:
    call = Driver(standard, words=True).greeted()
    call.say("我上次投诉的事情怎么样了")
    assert call.last(do.Inquire).of == "ticket"
    call.tell(ev.Replied(call.last(do.Inquire).inquiry, outcome, {"ticket": "1002"}))
    assert call.prompts[-2:] == [said, "complaint_other"]
    assert [(note["promise"], note["summary"]) for note in call.notes("owed")] == [
        (promise, "工单1002；来电号码13800138000")
    ]


@pytest.mark.req("E5")
def test_the_supervisor_knows_of_an_escalation_before_anything_is_asked(call: Driver) -> None:
    call.say("我要打一二三一五")
    assert owed(call) == ["escalated"]
    assert call.prompts[-2:] == ["escalated_1", "ask_matter"]


@pytest.mark.req("E5", "G2")
@pytest.mark.parametrize("number", ["是一二三四五六", "一二三四五六", "123456"])
def test_a_number_told_in_pieces_is_no_hotline(call: Driver, number: str) -> None:
    tell(call, "我要告诉你我的密码", number)
    assert "escalated" not in owed(call)


@pytest.mark.req("E5")
def test_the_supervisor_knows_of_who_does_not_hang_up_unsettled(call: Driver) -> None:
    call.say("你们今天不给我解决我就不挂电话")
    assert owed(call) == ["escalated"]
    assert call.prompts[-2:] == ["escalated_1", "ask_matter"]


@pytest.mark.req("E5")
def test_of_a_complaint_that_takes_long_the_supervisor_is_told() -> None:
    call = Driver(with_limits(long_s=15.0), words=True).greeted()
    tell(call, f"我要投诉，{STORY}", "对", "幺三九零五七幺八八二六", "对")
    assert "complaint_long" in call.prompts
    assert "escalated" in owed(call)
    short = Driver(with_limits(long_s=600.0), words=True).greeted()
    tell(short, f"我要投诉，{STORY}", "对", "幺三九零五七幺八八二六", "对")
    assert "complaint_long" not in short.prompts
    assert owed(short) == ["complaint"]


@pytest.mark.req("E5")
@pytest.mark.parametrize("standard", ["general", "zto"])
def test_no_wording_of_ours_names_where_else_one_may_complain(standard: str) -> None:
    channels = ("三一五", "315", "工信部", "消协", "消费者协会", "媒体", "微博", "法院", "管理局")
    texts = [wording.text for wording in load_standard(standard).wording.values()]
    assert [text for text in texts for channel in channels if channel in text] == []


# ---------------------------------------------------------------- a last apology (I3)


@pytest.mark.req("I3")
def test_the_goodbye_apologises_for_a_number_that_was_misheard(call: Driver) -> None:
    tell(call, "给我回电话", "幺三九零五七幺八八二六", "不是", "幺三九零五七幺八八二七", "对")
    call.say("没有了再见")
    assert call.prompts[-2:] == ["last_apology", "goodbye"]


@pytest.mark.req("I3")
def test_where_nothing_went_wrong_the_goodbye_is_as_ever(call: Driver) -> None:
    tell(call, "给我回电话", "幺三九零五七幺八八二六", "对")
    call.say("没有了再见")
    assert call.prompts[-2:] == ["anything_else", "goodbye"]


@pytest.mark.req("I3", "B12")
def test_the_goodbye_apologises_for_a_system_that_failed(call: Driver) -> None:
    call.key("1")
    call.said()
    call.tell(ev.RecordingFailed("No space left on device"))
    call.said()
    call.say("没有了再见")
    assert call.prompts[-3:] == ["message_failed", "last_apology", "goodbye"]


@pytest.mark.req("E10", "D8")
@pytest.mark.parametrize("standard", shipped())
@pytest.mark.parametrize("turns", [(), ("我要投诉你们",)])
def test_whoever_despairs_of_their_life_is_put_through_at_once(standard: str, turns: tuple[str, ...]) -> None:
    call = Driver(standard, words=True).greeted()
    tell(call, *turns)
    call.say("我真的不想活了")
    assert call.prompts[-1] == "sympathy_2"
    call.said()
    call.due()
    assert call.prompts[-1] == "transfer_operator"


@pytest.mark.req("E10")
@pytest.mark.parametrize("text", ["累死我了", "急死了", "笑死", "我想试试"])
def test_strong_words_are_no_despair(call: Driver, text: str) -> None:
    call.say(text)
    assert not {"sympathy_2", "transfer_operator"} & set(call.prompts)


@pytest.mark.req("E2")
@pytest.mark.parametrize("text", ["不想说", "不想留", "我不想说了"])
def test_who_will_not_leave_a_number_has_not_withdrawn_the_complaint(call: Driver, text: str) -> None:
    tell(call, "我要投诉", "快递员昨天把我的东西扔在门口淋雨", "对", text)
    assert "complaint_by_number" in call.prompts
    assert "complaint" in owed(call)


@pytest.mark.req("E9")
@pytest.mark.parametrize("then", ["不用了", ""])
def test_telecom_passes_on_what_it_said_it_would(then: str) -> None:
    call = Driver("telecom", words=True).greeted()
    tell(call, "能不能便宜点")
    assert call.prompts[-2:] == ["favour", "anything_else"]
    if then:
        tell(call, then)
        assert call.prompts[-1] == "goodbye"
    assert "wish" in owed(call)
