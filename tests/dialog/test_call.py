from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.standards.hours import Hours
from ivr.standards.house import House
from tests.dialog.helpers import Driver


@pytest.mark.req("A1")
@pytest.mark.parametrize(("ring", "seconds"), [(1, 1.0), (2, 6.0), (3, 11.0)])
def test_answers_when_the_nth_tone_has_sounded(ring: int, seconds: float) -> None:
    driver = Driver(house=House(answer_on_ring=ring))
    driver.connect()
    assert [type(command) for command in driver.asked[:2]] == [do.Ring, do.Answer]
    assert driver.now == seconds


@pytest.mark.req("A2")
@pytest.mark.parametrize(("rings_before", "late"), [(0, False), (2, False), (3, True)])
def test_apologises_behind_the_greeting_after_more_than_three_rings(rings_before: int, late: bool) -> None:
    driver = Driver()
    driver.connect(rings_before=rings_before)
    assert driver.prompts == ["greeting", "late_answer"] if late else ["greeting"]


@pytest.mark.req("A2")
def test_counts_its_own_rings_when_the_answer_comes_late() -> None:
    driver = Driver(house=House(answer_on_ring=3))
    driver.tell(ev.Invited("4001", None, _noon()))
    driver.tell(ev.DeadlineReached(), 15.2)  # the host slept: the fourth tone has begun
    driver.tell(ev.Connected())
    assert driver.prompts == ["greeting", "late_answer"]


@pytest.mark.req("A4")
@pytest.mark.parametrize(
    ("clock", "hello"),
    [("00:30", "您好"), ("05:00", "上午好"), ("11:59", "上午好"), ("12:00", "下午好"), ("23:59", "晚上好")],
)
def test_greets_by_the_time_of_day(clock: str, hello: str) -> None:
    driver = Driver()
    driver.connect(clock)
    assert driver.last(do.Play).utterances[0].text == f"{hello}，请问有什么可以帮到您？"


@pytest.mark.req("A4", "A9", "A10")
def test_another_standard_greets_with_site_and_agent_number_and_the_notice() -> None:
    driver = Driver("zto", House("中通速递", "杭州", "1203"))
    driver.connect()
    greeting, notice = driver.last(do.Play).utterances
    assert greeting.text == "您好，杭州中通速递，幺二零三号为您服务"
    assert notice.name == "recording_notice"


@pytest.mark.req("A3")
def test_greets_at_once() -> None:
    driver = Driver()
    driver.connect()
    assert driver.last(do.Play).at - driver.now == pytest.approx(0.1)


@pytest.mark.req("B1")
def test_silent_caller_is_led_down_the_ladder_at_two_second_steps() -> None:
    driver = Driver()
    driver.connect()
    for prompt in ("silent_1", "silent_2", "silent_3"):
        driver.said()
        ended = driver.now
        driver.due()
        assert driver.prompts[-1] == prompt
        assert driver.last(do.Play).at == ended + 2.0
    driver.said()
    ended = driver.now
    driver.due()
    assert driver.last(do.HangUp).reason == "silence"
    assert driver.now == ended + 2.0
    assert driver.call.outcome == "silence"


@pytest.mark.req("B1", "C1")
def test_speech_leaves_the_ladder_and_is_acknowledged_with_the_keys() -> None:
    driver = Driver()
    driver.connect()
    driver.said()
    driver.now += 1.0
    driver.speak()
    assert driver.prompts[-2:] == ["acknowledge", "offer_keys"]


@pytest.mark.req("B1")
def test_ladder_starts_anew_twice_and_then_goes_on_where_it_was() -> None:
    driver = Driver()
    driver.connect()
    driver.said()
    driver.due()  # silent_1
    firsts = []
    for _ in range(3):
        driver.key("5")  # no such key: said so, and the ladder is entered again
        driver.said()
        driver.call._invalid_keys = 0
        driver.due()
        firsts.append(driver.prompts[-1])
    assert firsts == ["silent_1", "silent_1", "silent_2"]


@pytest.mark.req("C1")
def test_a_sound_delays_a_due_prompt_by_a_quarter_second_at_most() -> None:
    driver = Driver()
    driver.connect()
    driver.said()
    ended = driver.now
    driver.tell(ev.SpeechOnset(), ended + 1.9)
    driver.due()
    assert driver.prompts[-1] == "silent_1"
    assert driver.now == pytest.approx(ended + 2.25)


@pytest.mark.req("B1")
def test_a_sound_that_was_nothing_leaves_the_ladder_on_its_beat() -> None:
    driver = Driver()
    driver.connect()
    driver.said()
    ended = driver.now
    driver.tell(ev.SpeechOnset(), ended + 0.5)
    driver.tell(ev.SpeechRejected(), ended + 0.75)
    driver.due()
    assert driver.now == ended + 2.0
    assert driver.prompts[-1] == "silent_1"


@pytest.mark.req("C1")
def test_our_voice_rests_at_the_first_sound_and_stops_when_it_is_speech() -> None:
    driver = Driver()
    driver.connect()
    assert driver.tell(ev.SpeechOnset(), driver.now + 0.8) == [do.PausePlayback()]
    assert driver.tell(ev.SpeechConfirmed(), driver.now + 0.2) == [do.StopPlayback()]
    assert driver.call.state == "greeting_listening"


@pytest.mark.req("C1")
def test_our_voice_goes_on_when_the_sound_was_nothing() -> None:
    driver = Driver()
    driver.connect()
    driver.tell(ev.SpeechOnset(), driver.now + 0.8)
    assert driver.tell(ev.SpeechRejected(), driver.now + 0.2) == [do.ResumePlayback()]
    driver.said()
    assert driver.call.state == "greeting_waiting"


@pytest.mark.req("C1")
def test_a_breath_does_not_end_the_turn() -> None:
    driver = Driver()
    driver.connect()
    driver.said()
    driver.tell(ev.SpeechOnset())
    driver.tell(ev.SpeechConfirmed(), driver.now + 0.25)
    driver.tell(ev.SpeechEnded(last_voiced=driver.now + 1.0), driver.now + 1.3)
    driver.tell(ev.SpeechOnset(), driver.now + 0.2)
    driver.tell(ev.SpeechConfirmed(), driver.now + 0.25)
    assert driver.call.state == "greeting_listening"
    driver.tell(ev.SpeechEnded(last_voiced=driver.now + 1.0), driver.now + 1.3)
    ended = driver.now - 0.3
    driver.due()
    assert driver.now == pytest.approx(ended + 0.8)
    assert driver.prompts[-1] == "offer_keys"


@pytest.mark.req("E1")
def test_a_turn_without_end_is_interrupted() -> None:
    driver = Driver()
    driver.connect()
    driver.said()
    driver.tell(ev.SpeechOnset())
    driver.tell(ev.SpeechConfirmed())
    driver.due()
    assert driver.prompts[-1] == "offer_keys"
    assert driver.tell(ev.SpeechConfirmed()) == []  # this once we insist


@pytest.mark.req("D8")
def test_key_zero_reaches_a_person() -> None:
    driver = Driver()
    driver.connect()
    assert driver.key("0")[0] == do.StopPlayback()
    driver.said()
    assert driver.last(do.Transfer) == do.Transfer("operator")
    driver.tell(ev.TransferProgress(180))
    driver.tell(ev.TransferProgress(200))
    assert driver.call.outcome == "transferred"
    assert driver.last(do.HangUp).reason == "transferred"


@pytest.mark.req("D8")
@pytest.mark.parametrize("failure", [486, 603, 480])
def test_a_person_who_cannot_be_had_is_said_so_and_the_call_goes_on(failure: int) -> None:
    driver = Driver()
    driver.connect()
    driver.key("0")
    driver.said()
    driver.tell(ev.TransferProgress(failure))
    assert driver.prompts[-1] == "operator_busy"


@pytest.mark.req("D8")
def test_a_transfer_that_nobody_reports_on_is_given_up() -> None:
    driver = Driver()
    driver.connect()
    driver.key("0")
    driver.said()
    asked = driver.now
    driver.due()
    assert driver.now == asked + 40.0
    assert driver.prompts[-1] == "operator_busy"


@pytest.mark.req("D8")
def test_a_caller_who_comes_back_from_a_transfer_is_not_greeted_again() -> None:
    driver = Driver()
    driver.tell(ev.Invited("4001", None, _noon(), headers={"x-returned": "BUSY"}))
    driver.due()
    driver.tell(ev.Connected())
    assert driver.prompts == ["operator_busy"]


def test_three_keys_without_meaning_count_as_a_turn() -> None:
    driver = Driver()
    driver.connect()
    for _ in range(2):
        driver.key("5")
        assert driver.prompts[-1] == "invalid_key"
    driver.key("5")
    assert driver.prompts[-1] == "offer_keys"


def test_a_message_is_recorded_until_the_key() -> None:
    driver = Driver()
    driver.connect()
    driver.key("1")
    assert driver.prompts[-3:] == ["recording_notice", "message_ask", "message_tone"]
    driver.said()
    assert driver.last(do.StartRecording).limit_s == 120.0
    driver.tell(ev.SpeechOnset(), driver.now + 1.0)
    driver.tell(ev.SpeechConfirmed(), driver.now + 0.25)
    driver.tell(ev.KeyPressed("#"), driver.now + 5.0)
    assert driver.last(do.StopRecording).keep
    assert driver.prompts[-1] == "message_tone"  # not while the caller still speaks (C1)
    driver.tell(ev.SpeechEnded(last_voiced=driver.now), driver.now + 0.3)
    driver.due()
    assert driver.prompts[-3] == "message_done"


def test_a_message_ends_after_a_pause_and_an_empty_one_is_not_kept() -> None:
    driver = Driver()
    driver.connect()
    driver.key("1")
    driver.said()
    began = driver.now
    driver.due()
    assert driver.now == began + 8.0
    assert not driver.last(do.StopRecording).keep
    assert "message_empty" in driver.prompts


def message_failed(*, words: bool) -> Driver:
    driver = Driver(words=words)
    driver.connect()
    driver.key("1")
    driver.said()
    driver.tell(ev.RecordingFailed("No space left on device"))
    assert driver.prompts[-1] == "message_failed"
    assert driver.notes("owed") == [{"promise": "lost_message"}], "whatever they do next, somebody rings them"
    driver.said()
    return driver


@pytest.mark.req("B12", "F9")
def test_a_message_that_cannot_be_written_is_a_number_to_be_rung() -> None:
    driver = message_failed(words=True)
    driver.say("幺三九零五七一八八二六")
    assert driver.prompts[-1] == "read_phone"
    driver.said()
    driver.say("对")
    assert "phone_noted" in driver.prompts
    assert driver.notes("owed")[-1] == {"promise": "call_back"}


@pytest.mark.req("B12")
def test_who_gives_no_number_then_is_put_through_to_a_person() -> None:
    driver = message_failed(words=False)
    driver.due()
    assert driver.prompts[-1] == "phone_example"
    driver.said()
    driver.due()
    driver.said()
    assert driver.last(do.Transfer).target == "operator"


@pytest.mark.req("I1", "I2")
def test_goodbye_is_followed_by_the_patience_of_the_standard() -> None:
    driver = Driver()
    driver.connect()
    driver.key("9")
    assert driver.prompts[-2] == "anything_else"
    driver.key("9")
    assert driver.prompts[-1] == "goodbye"
    driver.said()
    ended = driver.now
    driver.due()
    assert driver.now == ended + 2.0
    assert driver.last(do.HangUp).reason == "goodbye"


@pytest.mark.req("I2")
def test_speech_after_the_goodbye_reopens_the_call() -> None:
    driver = Driver("zto")
    driver.connect()
    driver.key("9")
    driver.key("9")
    driver.said()
    driver.now += 6.0
    driver.speak()
    assert driver.call.state == "conversation_saying"
    assert driver.prompts[-1] == "offer_keys"


@pytest.mark.req("B13")
def test_lost_media_ends_the_call() -> None:
    driver = Driver()
    driver.connect()
    driver.tell(ev.MediaLost())
    assert driver.last(do.HangUp).reason == "media_lost"
    driver.due()
    assert driver.call.ended


@pytest.mark.req("B1")
def test_hold_by_the_far_side_suspends_the_ladder() -> None:
    driver = Driver()
    driver.connect()
    driver.said()
    driver.tell(ev.RemoteHold(), driver.now + 1.5)
    driver.tell(ev.SpeechOnset())  # music on hold is nobody speaking
    driver.tell(ev.SpeechConfirmed())
    driver.tell(ev.RemoteResume(), driver.now + 30.0)
    resumed = driver.now
    driver.due()
    assert driver.now == pytest.approx(resumed + 0.5)
    assert driver.prompts[-1] == "silent_1"


def test_hold_in_the_middle_of_a_prompt_goes_on_in_the_middle() -> None:
    driver = Driver()
    driver.connect()
    assert driver.tell(ev.RemoteHold(), driver.now + 1.0) == [do.PausePlayback()]
    assert driver.tell(ev.RemoteResume(), driver.now + 5.0) == [do.ResumePlayback()]


def test_a_hold_without_end_ends_the_call() -> None:
    driver = Driver()
    driver.connect()
    driver.tell(ev.RemoteHold())
    driver.due()
    assert driver.last(do.HangUp).reason == "far_hold"


def test_cancel_before_the_answer() -> None:
    driver = Driver()
    driver.tell(ev.Invited("4001", None, _noon()))
    driver.tell(ev.RemoteHangup(487))
    assert driver.call.ended
    assert driver.call.outcome == "cancelled"


def test_a_caller_who_hangs_up() -> None:
    driver = Driver()
    driver.connect()
    driver.tell(ev.RemoteHangup())
    assert driver.call.outcome == "caller_hung_up"
    assert driver.call.deadline is None
    assert driver.tell(ev.KeyPressed("0")) == []


def _noon() -> datetime:
    return datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.req("I2")
def test_nobody_is_hung_up_on_in_a_doubt() -> None:
    driver = Driver()
    driver.connect()
    driver.key("9")
    driver.key("9")
    driver.said()
    said = driver.now
    driver.tell(ev.SpeechOnset(), said + 1.99)
    driver.tell(ev.SpeechConfirmed(), said + 2.45)
    assert driver.call.state == "closing_listening"


@pytest.mark.req("I2")
def test_any_key_after_the_goodbye_reopens_the_call() -> None:
    driver = Driver()
    driver.connect()
    driver.key("9")
    driver.key("9")
    driver.said()
    driver.key("7")
    assert driver.prompts[-1] == "offer_keys"


@pytest.mark.req("B10")
def test_a_ladder_climbed_to_its_end_says_its_last_step_again_before_it_hangs_up() -> None:
    driver = Driver()
    driver.connect()
    driver.key("9")
    for _ in range(4):
        driver.said()
        while driver.prompts[-1] != "no_answer":
            driver.due()
            driver.said()
        driver.key("5")
        driver.key("0")  # a key that means something, so that the wrong ones do not add up
        driver.said()
        driver.tell(ev.TransferProgress(486))
    driver.said()
    driver.due()
    assert driver.prompts[-2:] == ["operator_busy", "no_answer"]
    driver.said()
    driver.due()
    assert driver.call.outcome == "no_choice"


@pytest.mark.req("B1")
def test_a_transfer_that_fails_on_hold_is_told_when_the_far_side_is_back() -> None:
    driver = Driver()
    driver.connect()
    driver.key("0")
    driver.said()
    driver.tell(ev.RemoteHold())
    driver.tell(ev.TransferProgress(486))
    assert driver.call.state == "conversation_held"
    assert driver.prompts[-1] == "transfer_operator"
    driver.tell(ev.RemoteResume(), driver.now + 9.0)
    assert driver.prompts[-1] == "operator_busy"


def test_a_television_is_let_go() -> None:
    driver = Driver()
    driver.connect()
    driver.said()
    for _ in range(40):
        driver.tell(ev.SpeechOnset())
        driver.tell(ev.SpeechConfirmed())
        if driver.call._playing:
            driver.said()
        elif not driver.call.ended:
            driver.due()
    assert driver.call.outcome == "endless_turn"
    assert driver.prompts[-1] == "goodbye"


def test_what_is_owed_is_not_lost_by_a_wrong_key() -> None:
    driver = Driver()
    driver.connect()
    driver.said()
    driver.tell(ev.SpeechOnset())
    driver.tell(ev.SpeechConfirmed())
    driver.key("9")
    driver.key("5")
    driver.tell(ev.SpeechEnded(last_voiced=driver.now), driver.now + 0.3)
    driver.due()
    assert driver.prompts[-3:] == ["invalid_key", "anything_else", "end_keys"]


def test_a_message_is_not_closed_on_a_sound_that_is_being_judged() -> None:
    driver = Driver()
    driver.connect()
    driver.key("1")
    driver.said()
    began = driver.now
    driver.tell(ev.SpeechOnset(), began + 7.9)
    driver.tell(ev.SpeechConfirmed(), began + 8.3)
    assert driver.call.state == "recording_taking"
    assert driver.call.deadline == began + 120.0


# ---------------------------------------------------------------- who waited, and who calls too late


@pytest.mark.req("A5")
def test_who_waited_in_a_queue_is_thanked_and_apologised_to_first() -> None:
    call = Driver()
    call.connect(waited_s=95.0)
    assert call.prompts == ["queued"]


@pytest.mark.req("A5")
@pytest.mark.parametrize("rings", [0, 4])
def test_by_zto_who_waited_is_thanked_before_the_prescribed_greeting(rings: int) -> None:
    call = Driver("zto")
    call.connect(rings_before=rings, waited_s=95.0)
    assert call.prompts == ["late_answer", "greeting", "recording_notice"]


@pytest.mark.req("A6")
@pytest.mark.parametrize(("clock", "prompt"), [("10:00", "greeting"), ("13:00", "closed"), ("18:00", "closed")])
def test_out_of_hours_the_hours_are_told(clock: str, prompt: str) -> None:
    call = Driver(house=House(hours=Hours(("08:00-12:00", "14:00-18:00"))))
    call.connect(clock)
    assert call.prompts == [prompt]


@pytest.mark.req("A6")
def test_out_of_hours_a_message_is_taken_and_owed_an_answer() -> None:
    call = Driver(house=House(hours=Hours(("08:00-12:00",))))
    call.connect("20:00")
    call.said()
    call.due()
    assert call.prompts[-2:] == ["closed_ask", "message_tone"]
    call.said()
    call.tell(ev.SpeechOnset(), call.now + 1.0)
    call.tell(ev.SpeechConfirmed(), call.now + 0.25)
    call.tell(ev.SpeechEnded(call.now + 3.0), call.now + 3.3)
    call.key("#")
    assert call.last(do.StopRecording).keep
    assert call.prompts[-1] == "closed_done"
    assert call.notes("owed") == [{"promise": "message"}]


def leaving_a_message(words: bool = False) -> Driver:
    """The tone was heard."""
    call = Driver(words=words).greeted()
    call.key("1")
    call.said()
    return call


@pytest.mark.req("A6", "F5")
@pytest.mark.parametrize(("speaks", "owed"), [(True, [{"promise": "message"}]), (False, [])])
def test_whoever_hangs_up_when_they_have_said_it_has_left_a_message(speaks: bool, owed: list[object]) -> None:
    call = leaving_a_message()
    if speaks:
        call.tell(ev.SpeechOnset(), call.now + 1.0)
        call.tell(ev.SpeechConfirmed(), call.now + 0.25)
    call.tell(ev.RemoteHangup(), call.now + 3.0)
    assert call.last(do.StopRecording).keep is speaks
    assert call.notes("owed") == owed


def stretch(call: Driver) -> None:
    """A part of a message, whose words are not here yet."""
    call.tell(ev.SpeechOnset(), call.now + 0.1)
    call.tell(ev.SpeechConfirmed(), call.now + 0.25)
    call.tell(ev.SpeechEnded(call.now + 1.0, voiced_s=1.0, level=-25.0, floor=-65.0), call.now + 1.3)


@pytest.mark.req("A6", "G3")
def test_a_message_is_read_stretch_by_stretch_and_ends_with_its_last_words() -> None:
    call = leaving_a_message(words=True)
    call.utter("我姓王")
    call.utter("请给我回电话")
    assert [note["text"] for note in call.notes("verdict")][-2:] == ["我姓王", "请给我回电话"]
    turn = call.last(do.Listen).turn
    stretch(call)
    call.key("#")
    assert not [command for command in call.asked if isinstance(command, do.StopRecording)]
    call.tell(ev.Recognized(turn, "谢谢", call.now - 0.3, 0.9), call.now + 0.3)
    assert call.last(do.StopRecording).keep
    assert call.prompts[-3] == "message_done"


@pytest.mark.req("A6")
@pytest.mark.parametrize("lost", [True, False])
def test_words_that_never_come_hold_no_message_up(lost: bool) -> None:
    call = leaving_a_message(words=True)
    stretch(call)
    call.key("#")
    began = call.now
    if lost:
        call.tell(ev.RecognitionFailed(call.last(do.Listen).turn, "died"))
    else:
        call.due()
    assert call.prompts[-3] == "message_done"
    assert call.now - began <= call.call.standard.limits.recognition_s


@pytest.mark.req("A9")
def test_a_house_may_tell_everybody_once_that_the_call_is_recorded() -> None:
    call = Driver(house=House(announces=True)).greeted()
    assert call.prompts == ["greeting", "recording_notice"]
    call.key("1")
    assert call.prompts.count("recording_notice") == 1
