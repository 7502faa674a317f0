"""A caller who waits: only with their consent, never too long, and never into a void."""

from __future__ import annotations

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.standards.house import House
from ivr.standards.load import load_standard, shipped
from ivr.standards.model import Standard
from tests.dialog.helpers import Driver


def asked(standard: str | Standard = "general") -> Driver:
    """A caller who insists on a supervisor, and was asked whether they will wait."""
    call = Driver(standard, words=True).greeted()
    call.say("找你们领导")
    assert call.prompts[-1] == "supervisor_first"
    call.said()
    call.key("1")
    assert call.prompts[-1] == "supervisor_consent"
    call.said()
    return call


def on_hold(standard: str | Standard = "general") -> Driver:
    """A caller who said yes, and is on hold."""
    call = asked(standard)
    call.key("1")
    assert call.prompts[-1] == "hold_begins"
    call.said()
    call.tell(ev.Held(), call.now + 0.05)
    return call


def back_again(call: Driver) -> list[do.Command]:
    """The line is taken off hold."""
    assert isinstance(call.asked[-1], do.TakeBack)
    return call.tell(ev.TakenBack(), call.now + 0.05)


def spoken(call: Driver) -> list[str]:
    """Names of what is being said."""
    return [utterance.name for utterance in call.last(do.Play).utterances]


@pytest.mark.req("D5")
def test_help_is_offered_before_a_supervisor_is_rung() -> None:
    call = Driver(words=True).greeted()
    call.say("找你们领导")
    call.said()
    call.say("好的")
    assert call.prompts[-1] == "ask_help"
    assert not [command for command in call.asked if isinstance(command, do.Consult)]


@pytest.mark.req("D1")
@pytest.mark.parametrize("refusal", ["不用了", "不行", ""])
def test_nobody_waits_who_did_not_agree(refusal: str) -> None:
    call = asked()
    if refusal:
        call.say(refusal)
    else:
        call.due()
    assert not [command for command in call.asked if isinstance(command, do.Hold | do.Consult)]


@pytest.mark.req("D1", "D3")
def test_consent_then_hold_and_somebody_is_told_what_we_know() -> None:
    call = on_hold()
    assert [type(command) for command in call.asked if isinstance(command, do.Hold | do.Consult)] == [
        do.Hold,
        do.Consult,
    ]
    assert call.last(do.Consult) == do.Consult("supervisor", "来电号码13800138000")
    assert call.notes("consulted") == [{"target": "supervisor", "summary": "来电号码13800138000"}]


@pytest.mark.req("D2")
@pytest.mark.parametrize("began", [23.055, 20.1, 31.7])
def test_back_after_45_s_whenever_the_hold_began(began: float) -> None:
    """23.055 + 45 - 23.055 is less than 45 where numbers are floating ones."""
    call = asked()
    call.key("1")
    call.tell(ev.PlaybackFinished(call.last(do.Play).playback), began)
    call.tell(ev.Held())
    call.due()
    back_again(call)
    assert spoken(call) == ["hold_thanks_3", "hold_back"]


@pytest.mark.req("D2", "F9")
def test_back_after_45_s_and_a_number_is_read_back() -> None:
    call = on_hold()
    began = call.now - 0.05
    call.tell(ev.TargetProgress(180))
    call.due()
    assert call.now == pytest.approx(began + 45.0)
    assert isinstance(call.asked[-2], do.Dismiss), "nobody rings on"
    assert not [command for command in call.asked[-2:] if isinstance(command, do.Play)], "not before media flows"
    back_again(call)
    assert spoken(call) == ["hold_thanks_3", "hold_back"]
    call.said()
    call.say("一三八零零一三八零零一")
    assert spoken(call) == ["read_phone"]
    call.said()
    call.key("1")
    assert spoken(call) == ["phone_noted", "anything_else"]
    assert call.notes("owed") == [{"promise": "call_back"}]


@pytest.mark.req("D2")
def test_a_call_back_is_owed_after_60_s_though_no_number_was_given() -> None:
    call = on_hold()
    began = call.now - 0.05
    call.due()
    back_again(call)
    call.said()
    while not call.notes("owed"):
        assert call.now < began + 60.0
        call.due()
    assert call.now == pytest.approx(began + 60.0)
    assert call.notes("owed") == [{"promise": "call_back"}]
    assert call.call.state.startswith("conversation"), "the number is still asked for"


@pytest.mark.req("D2")
def test_a_call_back_is_owed_to_whoever_hangs_up_before_that() -> None:
    call = on_hold()
    call.due()
    back_again(call)
    call.tell(ev.RemoteHangup(), call.now + 2.0)
    assert call.notes("owed") == [{"promise": "call_back"}]


@pytest.mark.req("D1")
@pytest.mark.parametrize(
    ("waited", "thanks"), [(3.0, "hold_thanks_1"), (20.0, "hold_thanks_2"), (40.0, "hold_thanks_3")]
)
def test_thanks_are_warmer_the_longer_the_wait(waited: float, thanks: str) -> None:
    call = on_hold()
    call.tell(ev.TargetProgress(486), call.now + waited)
    back_again(call)
    assert spoken(call)[:2] == [thanks, "supervisor_busy"]


@pytest.mark.req("D1")
@pytest.mark.parametrize(("standard", "sorry"), [("general", True), ("zto", False)])
def test_whether_we_are_sorry_is_the_standards_choice(standard: str, sorry: bool) -> None:
    call = on_hold(standard)
    call.due()
    back_again(call)
    assert ("抱歉" in call.last(do.Play).utterances[0].text) is sorry


@pytest.mark.req("D4")
@pytest.mark.parametrize(
    ("code", "prompt"), [(486, "supervisor_busy"), (480, "supervisor_away"), (503, "supervisor_busy")]
)
def test_whom_we_ring_may_be_busy_or_away(code: int, prompt: str) -> None:
    call = on_hold()
    call.tell(ev.TargetProgress(code), call.now + 1.0)
    back_again(call)
    assert spoken(call)[1] == prompt


@pytest.mark.req("D3")
def test_who_answers_takes_the_call_over() -> None:
    call = on_hold()
    call.tell(ev.TargetProgress(200), call.now + 3.0)
    assert isinstance(call.asked[-1], do.HandOver)
    call.tell(ev.TargetProgress(487), call.now + 0.2)  # the caller has taken our place: of course they leave us
    assert call.call.outcome == ""
    call.tell(ev.TransferProgress(200), call.now + 0.2)
    assert call.call.outcome == "transferred"
    assert call.notes("owed") == []


@pytest.mark.req("D3")
@pytest.mark.parametrize("code", [481, 603, None])
def test_a_call_that_cannot_be_handed_over_comes_back(code: int | None) -> None:
    call = on_hold()
    call.tell(ev.TargetProgress(200), call.now + 3.0)
    call.tell(ev.TargetProgress(487), call.now + 0.01)
    if code:
        call.tell(ev.TransferProgress(code), call.now + 0.5)
    else:
        call.due()
    assert isinstance(call.asked[-2], do.Dismiss)
    back_again(call)
    assert spoken(call)[1:] == ["supervisor_busy", "offer_keys"]


def test_who_hangs_up_on_hold_is_rung_for_by_nobody() -> None:
    call = on_hold()
    call.tell(ev.RemoteHangup(), call.now + 5.0)
    assert isinstance(call.asked[-1], do.Note | do.Dismiss)
    assert [command for command in call.asked if isinstance(command, do.Dismiss)] == [do.Dismiss()]
    assert call.notes("owed") == [{"promise": "dropped"}], "they are rung back"


def test_a_hold_that_is_refused_is_a_wait_all_the_same() -> None:
    call = asked()
    call.key("1")
    call.said()
    call.tell(ev.HoldRefused(488), call.now + 0.1)
    call.tell(ev.TargetProgress(486), call.now + 2.0)
    back_again(call)
    assert spoken(call)[1] == "supervisor_busy"


def test_a_line_that_does_not_come_off_hold_is_spoken_to_in_the_end() -> None:
    call = on_hold()
    call.tell(ev.TargetProgress(486), call.now + 2.0)
    call.due()
    assert spoken(call)[1] == "supervisor_busy"


def test_the_far_sides_hold_meanwhile_is_theirs() -> None:
    call = on_hold()
    call.tell(ev.RemoteHold(), call.now + 1.0)
    call.tell(ev.TargetProgress(486), call.now + 2.0)
    call.tell(ev.TakenBack(), call.now + 0.05)
    heard = len(call.prompts)
    assert call.call.state == "conversation_held"
    call.tell(ev.RemoteResume(), call.now + 3.0)
    assert call.prompts[heard:] == ["hold_thanks_1", "supervisor_busy", "offer_keys"]


# ---------------------------------------------------------------- our own music


def with_music() -> Standard:
    """The general standard, but that we play something ourselves while the caller waits."""
    general = load_standard("general")
    hold = general.hold["supervisor"].model_copy(update={"music": "queued"})
    return general.model_copy(update={"hold": {**general.hold, "supervisor": hold}})


def test_music_of_our_own_goes_on_until_we_are_back_and_the_line_is_not_held() -> None:
    call = on_hold(with_music())
    began = call.now - 0.05
    for _ in range(3):
        assert spoken(call) == ["queued"]
        call.said()
    call.due()
    assert call.now == pytest.approx(began + 45.0)
    call.due()
    assert spoken(call) == ["hold_thanks_3", "hold_back"]
    assert not [command for command in call.asked if isinstance(command, do.Hold | do.TakeBack)]


def test_music_rests_while_the_far_side_holds_us() -> None:
    call = on_hold(with_music())
    call.tell(ev.RemoteHold(), call.now + 1.0)
    assert isinstance(call.asked[-1], do.StopPlayback)
    call.tell(ev.RemoteResume(), call.now + 1.0)
    assert isinstance(call.asked[-1], do.Play)


def on_our_music() -> Driver:
    """On hold in a house that plays its own music."""
    call = Driver(house=House(own_music=True), words=True).greeted()
    call.say("找你们领导")
    call.said()
    call.key("1")
    call.said()
    call.key("1")
    call.said()
    return call


@pytest.mark.req("D1", "D8")
def test_a_house_may_play_its_own_music_and_then_tells_how_to_leave_it() -> None:
    call = on_our_music()
    assert call.prompts[-3:] == ["hold_begins", "hold_leave", "hold_music"]
    assert [utterance.kind for utterance in call.last(do.Play).utterances] == ["music"]
    assert not [command for command in call.asked if isinstance(command, do.Hold)]
    assert "hold_leave" not in on_hold().prompts


# ---------------------------------------------------------------- a caller who would rather not wait


@pytest.mark.req("D8")
@pytest.mark.parametrize(("key", "prompt"), [("0", "transfer_operator"), ("9", "ask_help")])
def test_one_key_ends_the_wait(key: str, prompt: str) -> None:
    call = on_hold()
    call.key("7")
    assert call.call.state == "holding_resting", "a key that means nothing disturbs nobody"
    call.key(key)
    assert [type(command) for command in call.asked[-2:]] == [do.Dismiss, do.TakeBack]
    back_again(call)
    assert spoken(call) == ["hold_thanks_1", prompt]


@pytest.mark.req("D8")
def test_so_does_one_pressed_before_it_has_begun() -> None:
    call = asked()
    call.key("1")
    call.key("0")
    assert spoken(call) == ["transfer_operator"]
    assert not [command for command in call.asked if isinstance(command, do.Hold | do.Consult)]


@pytest.mark.req("D8")
def test_one_word_for_a_person_ends_the_wait_and_talk_with_others_does_not() -> None:
    call = on_our_music()
    call.utter("今天天气不错")
    assert call.call.state == "holding_resting"
    call.utter("转人工")
    call.due()
    assert spoken(call) == ["hold_thanks_1", "transfer_operator"]
    assert call.notes("understood")[-1]["intent"] == "operator"
    assert isinstance(call.asked[-1], do.Play)
    assert do.Dismiss() in call.asked


# ---------------------------------------------------------------- a certain agent


def asks_for_an_agent(standard: str) -> Driver:
    call = Driver(standard, words=True).greeted()
    call.say("帮我找一下上次那位客服")
    return call


@pytest.mark.req("D4")
def test_help_is_offered_before_a_certain_agent_is_rung() -> None:
    call = asks_for_an_agent("general")
    assert spoken(call) == ["agent_first"]
    call.said()
    call.key("1")
    assert spoken(call) == ["agent_number"]


@pytest.mark.req("D4")
def test_zto_puts_through_at_once() -> None:
    assert spoken(asks_for_an_agent("zto")) == ["agent_number"]


@pytest.mark.req("D4")
def test_nobody_is_asked_for_the_number_that_they_have_said() -> None:
    call = Driver("general", words=True).greeted()
    call.say("我找八零零二号客服")
    assert spoken(call) == ["agent_first"]
    assert call.last(do.LookFor) == do.LookFor("agent", "8002")
    call.said()
    call.say("不用，我就找他")
    assert call.last(do.Play).utterances[0].text.startswith("我为您联系八零零二号客服")
    call.said()
    call.say("不对，我找八零零三号")
    assert call.last(do.Play).utterances[0].text.startswith("我为您联系八零零三号客服")


@pytest.mark.req("D4")
def test_zto_asks_for_no_number_that_was_said() -> None:
    call = Driver("zto", words=True).greeted()
    call.say("我找8002号")
    assert call.last(do.Play).utterances[0].text.startswith("我为您联系八零零二号客服")


@pytest.mark.req("D4")
@pytest.mark.parametrize("text", ["我住八零零二号", "送到建国路八零零二号", "门牌号是八零零二", "你是八零零二号吗"])
def test_the_number_of_a_house_is_nobodys(text: str) -> None:
    call = Driver("general", words=True).greeted()
    call.say(text)
    assert "agent_first" not in call.prompts


@pytest.mark.req("D4", "D1")
def test_the_agent_whose_number_was_given_is_rung_after_a_yes() -> None:
    call = asks_for_an_agent("zto")
    call.said()
    for key in "8002#":
        call.key(key)
    assert call.last(do.Play).utterances[0].text.startswith("我为您联系八零零二号客服")
    assert call.last(do.LookFor) == do.LookFor("agent", "8002"), "while they are asked whether they will wait"
    call.said()
    call.say("好的")
    call.said()
    assert call.last(do.Consult) == do.Consult("agent", "来电号码13800138000", "8002")


@pytest.mark.req("D4")
@pytest.mark.parametrize(("code", "prompt"), [(486, "agent_busy"), (480, "agent_away"), (500, "agent_away")])
def test_an_agent_may_be_busy_or_away(code: int, prompt: str) -> None:
    call = asks_for_an_agent("zto")
    call.said()
    for key in "8002#":
        call.key(key)
    call.said()
    call.key("1")
    call.said()
    call.tell(ev.TargetProgress(code), call.now + 1.0)
    back_again(call)
    assert spoken(call) == ["hold_thanks_1", prompt]


@pytest.mark.req("D3")
@pytest.mark.parametrize("standard", shipped())
def test_whoever_is_put_through_to_a_person_need_not_say_again_what_they_have_said(standard: str) -> None:
    call = Driver(standard, words=True).greeted()
    for text in ("我要投诉，快递员把箱子摔坏了没人管", "对", "幺三九零五七幺八八二六", "对", "转人工"):
        call.said()
        call.say(text)
    call.said()
    handed = [{"target": "operator", "summary": "反映：快递员把箱子摔坏了没人管；联系电话13905718826"}]
    assert call.notes("consulted") == handed
    call.tell(ev.TransferProgress(486))
    call.said()
    call.key("0")
    call.said()
    assert call.call.state == "transferring_referring"
    assert call.notes("consulted") == handed, "one ticket, however often it is tried"


@pytest.mark.req("D3", "G3")
def test_nothing_private_is_handed_over_nor_a_ticket_without_anything_to_tell() -> None:
    call = Driver("telecom", words=True).greeted()
    for text in ("查余额", "同意", "本机", "转人工"):
        call.said()
        call.say(text)
    call.said()
    assert call.call.state == "transferring_referring"
    assert call.notes("consulted") == []
