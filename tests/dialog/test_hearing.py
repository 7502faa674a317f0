"""What a call does with words, with faint voices, and with speech that is not for us."""

from __future__ import annotations

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from tests.dialog.helpers import Driver


@pytest.fixture
def call() -> Driver:
    return Driver(words=True).greeted()


def texts(driver: Driver) -> list[str]:
    return [u.text for command in driver.asked if isinstance(command, do.Play) for u in command.utterances]


# ---------------------------------------------------------------- wishes


@pytest.mark.req("D8")
@pytest.mark.parametrize("wish", ["转人工", "我要找人工客服", "请帮我转人工服务"])
def test_a_person_is_one_turn_away(call: Driver, wish: str) -> None:
    call.say(wish)
    assert call.prompts[-1] == "transfer_operator"


@pytest.mark.req("D8")
def test_a_person_is_one_turn_away_while_a_number_is_asked_for(call: Driver) -> None:
    call.say("我要查快递")
    assert call.prompts[-1] == "ask_waybill"
    call.said()
    call.say("转人工")
    assert call.prompts[-1] == "transfer_operator"


def test_what_was_understood_goes_on_record(call: Driver) -> None:
    call.say("转人工")
    (understood,) = call.notes("understood")
    assert understood["intent"] == "operator"
    assert call.notes("verdict")[-1]["verdict"] == "addressed"
    assert call.notes("verdict")[-1]["text"] == "转人工"


# ---------------------------------------------------------------- the end of a turn


def test_a_known_wish_ends_the_turn_sooner_than_a_sentence_that_may_go_on(call: Driver) -> None:
    call.utter("转人工")
    assert call.call.deadline == pytest.approx(call.now - 0.45 + 0.5)
    other = Driver(words=True).greeted()
    other.utter("那个什么来着")
    assert other.call.deadline == pytest.approx(other.now - 0.45 + 0.8)


def test_digits_that_are_missing_are_waited_for(call: Driver) -> None:
    call.say("我要查快递")
    call.said()
    call.utter("七七三零")
    assert call.call.deadline == pytest.approx(call.now - 0.45 + 2.0)


def test_nothing_is_answered_before_the_last_words_are_known(call: Driver) -> None:
    call.tell(ev.SpeechOnset())
    call.tell(ev.SpeechConfirmed(), call.now + 0.25)
    end = call.now + 1.0
    call.tell(ev.SpeechEnded(end, 1.0, -25.0, -65.0), end + 0.3)
    call.tell(ev.Recognized(call.last(do.Listen).turn, "转人工", until=end - 0.4), end + 0.4)
    call.due()
    assert call.call.state == "greeting_recognizing"
    call.tell(ev.Recognized(call.last(do.Listen).turn, "不用转人工", until=end), end + 1.2)
    assert call.prompts[-1] != "transfer_operator"


@pytest.mark.parametrize("late", [True, False])
def test_without_a_recogniser_keys_and_a_person_are_offered(call: Driver, late: bool) -> None:
    call.tell(ev.SpeechOnset())
    call.tell(ev.SpeechConfirmed(), call.now + 0.25)
    call.tell(ev.SpeechEnded(call.now + 1.0, 1.0, -25.0, -65.0), call.now + 1.3)
    call.due()
    assert call.call.state == "greeting_recognizing"
    if late:
        call.due()
    else:
        call.tell(ev.RecognitionFailed(call.last(do.Listen).turn, "died"))
    assert call.prompts[-2:] == ["acknowledge", "offer_keys"]


def test_words_of_an_earlier_turn_mean_nothing(call: Driver) -> None:
    turn = call.last(do.Listen).turn
    call.say("查快递")
    call.tell(ev.Recognized(turn, "转人工", until=call.now))
    assert call.prompts[-1] == "ask_waybill"


@pytest.mark.req("C1")
def test_a_long_turn_is_acknowledged_in_its_pause_and_goes_on(call: Driver) -> None:
    call.utter("那天" * 25)  # ten seconds
    before = len(call.prompts)
    call.due()
    assert call.prompts[before:] == ["go_on_1"]
    call.said()
    call.utter("然后呢" * 5)
    call.due()
    assert call.prompts[before + 1 :] != ["go_on_2"], "not again so soon"


# ---------------------------------------------------------------- not understood


@pytest.mark.req("B6", "C2")
def test_three_different_questions_then_keys_and_a_person(call: Driver) -> None:
    for _ in range(4):
        call.say("宽带用了三年多")
        call.said()
    assert call.prompts[-4:] == ["unclear_1", "unclear_2", "unclear_3", "offer_again"]


@pytest.mark.req("B6")
def test_a_turn_that_is_understood_begins_the_count_anew(call: Driver) -> None:
    call.say("宽带用了三年多")
    call.said()
    call.say("再说一遍")
    call.said()
    call.say("宽带用了三年多")
    assert call.prompts[-1] == "unclear_1"


@pytest.mark.req("B4")
def test_dialect_is_led_to_local_staff(call: Driver) -> None:
    for _ in range(3):
        call.say("侬好伐啦阿拉", mandarin=0.1, confidence=0.3)
        call.said()
    assert call.prompts[-3:] == ["dialect_1", "dialect_2", "dialect_3"]
    assert call.notes("owed") == [{"promise": "local_callback"}]
    call.say("侬好伐啦阿拉", mandarin=0.1, confidence=0.3)  # any word of theirs confirms
    assert call.prompts[-1] == "goodbye"
    call.said()
    call.due()
    assert call.call.outcome == "goodbye"


@pytest.mark.req("B4")
def test_mandarin_after_all_leaves_the_dialect_ladder(call: Driver) -> None:
    call.say("侬好伐啦阿拉", mandarin=0.1, confidence=0.3)
    call.said()
    call.say("我要查快递")
    assert call.prompts[-1] == "ask_waybill"


# ---------------------------------------------------------------- inaudible, side talk, noise


@pytest.mark.req("B2")
def test_an_inaudible_caller_is_asked_to_speak_up_in_steps_of_two_seconds(call: Driver) -> None:
    call.tell(ev.FaintSpeech(0.9, -58.0, -65.0), call.now + 1.2)
    call.due()
    assert call.prompts[-1] == "inaudible_1"
    said = call.said()
    assert not said
    assert call.call.deadline == pytest.approx(call.now + 2.0)
    call.tell(ev.FaintSpeech(0.9, -58.0, -65.0), call.now + 1.2)
    assert call.call.deadline == pytest.approx(call.now + 0.8), "mumbling does not move the beat"
    call.due()
    assert call.prompts[-1] == "inaudible_2"
    call.said()
    call.due()
    assert call.prompts[-1] == "goodbye"


@pytest.mark.req("C1")
def test_nobody_talks_over_a_faint_voice_before_the_beat(call: Driver) -> None:
    call.tell(ev.FaintSpeech(1.5, -58.0, -65.0, goes_on=True), call.now + 1.5)
    assert call.call.deadline == pytest.approx(call.now + 0.5), "the beat stands"
    call.tell(ev.FaintSpeech(0.1, -58.0, -65.0), call.now + 0.4)
    assert call.call.deadline == call.now
    call.due()
    assert call.prompts[-1] == "inaudible_1"


@pytest.mark.req("B2")
def test_an_inaudible_caller_who_speaks_up_is_heard(call: Driver) -> None:
    call.tell(ev.FaintSpeech(0.9, -58.0, -65.0), call.now + 1.2)
    call.due()
    call.said()
    call.say("我要查快递")
    assert call.prompts[-1] == "ask_waybill"


@pytest.mark.req("B3")
def test_side_talk_climbs_its_ladder_however_long_it_goes_on(call: Driver) -> None:
    for _ in range(3):
        call.say("你把门关上别让狗跑出去", level=-42.0)
        call.due()
        call.said()
    assert call.prompts[-3:] == ["side_talk_1", "side_talk_2", "goodbye"]


@pytest.mark.req("B3")
def test_side_talk_does_not_move_the_beat(call: Driver) -> None:
    greeted = call.now
    call.tell(ev.SpeechOnset(), greeted + 0.1)
    call.tell(ev.SpeechConfirmed(), greeted + 0.35)
    call.tell(ev.SpeechEnded(greeted + 0.5, 0.4, -42.0, -65.0), greeted + 0.8)
    call.tell(ev.Recognized(call.last(do.Listen).turn, "关门", greeted + 0.5, 0.9), greeted + 0.9)
    call.due()
    assert call.call.deadline == pytest.approx(greeted + 2.0)


def test_noise_that_passed_for_speech_lets_the_ladder_go_on(call: Driver) -> None:
    greeted = call.now
    call.say("", confidence=0.1)
    assert call.call.state == "greeting_waiting"
    assert call.call.deadline == pytest.approx(max(greeted + 2.0, call.now))
    call.due()
    assert call.prompts[-1] == "silent_1"


def test_noise_never_keeps_a_silent_caller_on_the_line_for_ever() -> None:
    driver = Driver(words=True).greeted()
    for _ in range(40):
        if driver.call.ended or driver.call.state == "ending":
            break
        driver.say("", confidence=0.1)
        driver.due()
        if driver.call.state.endswith("saying"):
            driver.said()
    assert driver.call.outcome == "silence"


# ---------------------------------------------------------------- hearing one another


@pytest.mark.req("B5")
def test_who_cannot_hear_us_hears_us_louder_in_steps(call: Driver) -> None:
    call.say("我听不见你说话")
    assert call.prompts[-1] == "louder"
    assert call.last(do.SetVoice) == do.SetVoice(6.0, 1.0)
    call.said()
    call.say("听不见")
    assert call.last(do.SetVoice) == do.SetVoice(12.0, 1.0)
    call.said()
    call.say("不行")
    assert call.prompts[-1] == "other_phone"


@pytest.mark.req("B5")
def test_who_hears_us_again_is_back_where_they_were(call: Driver) -> None:
    call.say("查快递")
    call.said()
    call.say("我听不见你说话")
    call.said()
    call.say("对")
    assert call.prompts[-1] == "waybill_example"


@pytest.mark.req("B11")
def test_hard_of_hearing_is_spoken_to_louder_and_slower_to_the_end(call: Driver) -> None:
    call.say("我耳朵不好")
    assert call.prompts[-1] == "slowly"
    call.said()
    call.say("不用")
    assert call.prompts[-1] == "ask_help"
    assert [c for c in call.asked if isinstance(c, do.SetVoice)] == [do.SetVoice(6.0, 0.8)]


@pytest.mark.req("B7")
def test_who_did_not_understand_hears_it_in_other_words(call: Driver) -> None:
    call.say("查快递")
    call.said()
    call.say("我没听懂")
    assert call.prompts[-1] == "waybill_example"


@pytest.mark.req("B8")
def test_a_wrong_number_is_told_which_centre_this_is(call: Driver) -> None:
    call.say("我打错了")
    assert call.prompts[-1] == "wrong_number"
    assert "安达速运客户服务中心" in texts(call)[-1]


# ---------------------------------------------------------------- numbers


@pytest.mark.req("C2")
def test_a_number_is_read_back_before_it_is_used(call: Driver) -> None:
    call.say("查快递")
    call.said()
    call.say("七七三幺二三四五六七八")
    assert call.prompts[-1] == "read_waybill"
    assert texts(call)[-1].replace("，", "") == "您的单号是七七三幺二三四五六七八对吗？"
    call.said()
    call.say("对")
    call.tell(ev.Replied(1, "nobody"))
    assert call.prompts[-1] == "waybill_noted"
    assert call.notes("answer") == [{"slot": "waybill", "value": "77312345678", "complete": True}]


@pytest.mark.req("C2")
def test_a_correction_is_read_back_again(call: Driver) -> None:
    call.say("查快递")
    call.said()
    call.say("七七三幺二三四五六七八")
    call.said()
    call.say("不对，最后是三八")
    assert call.prompts[-1] == "read_waybill"
    assert call.notes("answer")[-1]["value"] == "77312345638"


def test_keys_work_beside_speech(call: Driver) -> None:
    call.say("查快递")
    call.said()
    for key in "77312345678#":
        call.key(key)
    assert call.prompts[-1] == "read_waybill"
    assert call.notes("answer")[-1]["value"] == "77312345678"


@pytest.mark.req("D8")
def test_a_lone_zero_leads_to_a_person_even_where_a_number_is_asked_for(call: Driver) -> None:
    call.say("查快递")
    call.said()
    call.key("0")
    call.due()
    assert call.prompts[-1] == "transfer_operator"


@pytest.mark.req("B10")
def test_who_looks_something_up_is_given_a_minute(call: Driver) -> None:
    call.say("查快递")
    call.said()
    call.say("等一下，我找一下")
    call.due()
    assert call.prompts[-1] == "looking_up"
    call.said()
    assert call.call.deadline == pytest.approx(call.now + 60.0)
    call.say("七七三幺二三四五六七八")
    assert call.prompts[-1] == "read_waybill"


# ---------------------------------------------------------------- nothing goes round for ever


@pytest.mark.req("B6")
def test_what_stays_unclear_ends_with_a_person(call: Driver) -> None:
    for _ in range(5):
        call.say("宽带用了三年多")
        if call.call.state.startswith("transferring"):
            break
        call.said()
    assert call.prompts[-1] == "transfer_operator"


def test_a_number_that_stays_incomplete_ends_with_a_person(call: Driver) -> None:
    call.say("查快递")
    call.said()
    for _ in range(3):
        call.say("七七三零")
        if call.call.state.startswith("transferring"):
            break
        call.said()
    assert call.prompts[-1] == "transfer_operator"


def test_verdicts_that_take_turns_do_not_keep_the_line() -> None:
    driver = Driver(words=True).greeted()
    for number in range(60):
        if driver.call.state == "ending":
            break
        if number % 2:
            driver.say("侬好伐啦阿拉", mandarin=0.1, confidence=0.3)
        else:
            driver.say("宽带用了三年多")
        if driver.call._playing:
            driver.said()
        while driver.call.state.endswith("waiting") and driver.call.snapshot.ladder == "patience":
            driver.due()
    assert driver.call.outcome == "goodbye"


def test_somebody_who_only_says_hello_is_not_asked_for_ever(call: Driver) -> None:
    for _ in range(30):
        if call.call.state.startswith("closing"):
            break
        call.say("喂")
        call.said()
    assert call.prompts[-1] == "goodbye"


# ---------------------------------------------------------------- who was heard once


@pytest.mark.req("B10")
def test_who_was_heard_is_no_silent_caller_afterwards(call: Driver) -> None:
    call.say("喂你好")
    call.said()
    assert call.call.deadline == pytest.approx(call.now + 10.0)


@pytest.mark.req("B3")
def test_an_aside_in_a_conversation_changes_nothing(call: Driver) -> None:
    call.say("查快递")
    call.said()
    asked = call.now
    call.say("把我的眼镜拿来", level=-44.0)
    assert call.call.snapshot.ladder == "no_choice"
    assert call.call.deadline == pytest.approx(asked + 10.0)


@pytest.mark.req("B4")
def test_somebody_who_speaks_for_a_dialect_caller_is_heard(call: Driver) -> None:
    for _ in range(3):
        call.say("侬好伐啦阿拉", mandarin=0.1, confidence=0.3)
        call.said()
    call.say("我帮他说，他要查快递")
    assert call.prompts[-1] == "ask_waybill"


# ---------------------------------------------------------------- numbers, again


def test_a_number_said_anew_is_not_glued_to_the_old_one(call: Driver) -> None:
    call.say("查快递")
    call.said()
    call.say("七七三幺二三四五六七")
    call.said()
    call.say("不对")
    call.said()
    call.say("六六三零")
    assert call.notes("answer")[-1] == {"slot": "waybill", "value": "6630", "complete": False}


def test_a_whole_number_takes_the_place_of_its_beginning(call: Driver) -> None:
    call.say("查快递")
    call.said()
    call.say("七七三九")
    call.said()
    call.say("七七三幺二三四五六七八")
    assert call.notes("answer")[-1]["value"] == "77312345678"


def test_a_number_without_a_fixed_length_may_go_on_after_a_pause(call: Driver) -> None:
    call.say("查快递")
    call.said()
    call.utter("七七三幺二三四五六七八")
    assert call.call.deadline == pytest.approx(call.now - 0.45 + 1.2)


def test_digits_are_no_wish(call: Driver) -> None:
    call.say("七七三幺二三四五六七八")
    assert call.prompts[-1] == "unclear_1"


@pytest.mark.req("C2")
@pytest.mark.parametrize(("text", "prompt"), [("嗯呐", "waybill_noted"), ("对不", "number_unclear_1")])
def test_whether_somebody_said_no_is_not_asked_but_taken_as_said(call: Driver, text: str, prompt: str) -> None:
    call.say("查快递")
    call.said()
    call.say("七七三零幺二三四五六七八")
    call.said()
    call.say(text)
    call.tell(ev.Replied(1, "nobody"))
    assert call.prompts[-1] == prompt
    assert "confirm" not in call.prompts


@pytest.mark.req("B10", "C2")
def test_who_looks_something_up_in_mid_number_goes_on_where_they_were(call: Driver) -> None:
    call.say("查快递")
    call.said()
    call.say("七七三零幺二等一下")
    call.due()
    assert call.prompts[-1] == "looking_up"
    call.said()
    call.say("三四五六七八")
    assert call.prompts[-1] == "read_waybill"
    assert call.notes("answer")[-1]["value"] == "773012345678"


@pytest.mark.req("C2", "D8")
@pytest.mark.parametrize(
    ("wish", "answer"),
    [("我没有单号", "transfer_operator"), ("我不知道单号是多少", "transfer_operator"), ("我要投诉你们", "ask_matter")],
)
def test_who_has_no_number_or_wants_something_else_is_not_asked_for_it_again(
    call: Driver, wish: str, answer: str
) -> None:
    call.say("查快递")
    call.said()
    call.say(wish)
    assert call.prompts[-1] == answer


@pytest.mark.req("C2", "D8")
def test_keys_go_on_with_a_number_that_was_begun_by_voice(call: Driver) -> None:
    call.say("查快递")
    call.said()
    call.utter("七七三零幺二")
    for key in "345678#":
        call.key(key)
    assert call.prompts[-1] == "read_waybill"
    assert call.notes("answer")[-1]["value"] == "773012345678"


@pytest.mark.req("B6")
def test_a_number_keyed_in_part_is_asked_for_again_not_called_a_wrong_key(call: Driver) -> None:
    call.say("查快递")
    call.said()
    for key in "345678#":
        call.key(key)
    assert call.prompts[-1] == "number_unclear_1"
    call.said()
    for key in "77301#":
        call.key(key)
    assert call.notes("answer")[-1]["value"] == "34567877301", "the rest of it"


def test_words_before_a_key_are_no_evidence_of_the_turn_after_it(call: Driver) -> None:
    call.say("查快递")
    call.said()
    call.utter("七七看连转", mandarin=0.5, confidence=0.2)
    call.key("5")
    call.key("#")
    assert call.prompts[-1] == "invalid_key"
    call.said()
    call.due()
    assert call.notes("verdict")[-1]["verdict"] == "silent"


@pytest.mark.req("B1")
def test_a_hold_in_mid_turn_gives_the_caller_the_usual_time_afterwards(call: Driver) -> None:
    call.tell(ev.SpeechOnset(), call.now + 1.0)
    call.tell(ev.SpeechConfirmed(), call.now + 0.25)
    call.tell(ev.RemoteHold(), call.now + 1.5)
    call.tell(ev.RemoteResume(), call.now + 3.0)
    resumed = call.now
    while call.prompts[-1] == "greeting":
        call.due()
    assert call.now == pytest.approx(resumed + 2.0)
    assert call.prompts[-1] == "silent_1"


@pytest.mark.parametrize("keys", ["1", "9"])
def test_a_question_can_be_answered_by_keys(call: Driver, keys: str) -> None:
    call.say("查快递")
    call.said()
    call.say("七七三幺二三四五六七八")
    call.key(keys)
    call.tell(ev.Replied(1, "nobody"))
    assert call.prompts[-1] == {"1": "waybill_noted", "9": "number_unclear_1"}[keys]


# ---------------------------------------------------------------- taking turns


@pytest.mark.req("C2")
def test_a_yes_that_was_half_heard_is_one_where_nothing_else_was_asked(call: Driver) -> None:
    call.say("查快递")
    call.said()
    call.say("七七三幺二三四五六七八")
    call.said()
    call.say("被没缚就是这个")  # as whisper wrote 对，没错，就是这个
    call.tell(ev.Replied(1, "nobody"))
    assert call.prompts[-1] == "waybill_noted"


@pytest.mark.req("C1")
def test_a_long_turn_is_acknowledged_even_where_its_words_are_late(call: Driver) -> None:
    call.tell(ev.SpeechOnset())
    call.tell(ev.SpeechConfirmed(), call.now + 0.25)
    end = call.now + 6.0
    call.tell(ev.SpeechEnded(end, voiced_s=6.0, level=-25.0, floor=-65.0), end + 0.3)
    before = len(call.prompts)
    call.due()
    assert call.call.state.endswith("recognizing")
    call.tell(ev.Recognized(call.last(do.Listen).turn, "那天" * 15, end, 0.9, 1.0), end + 0.9)
    call.due()
    assert call.prompts[before:] == ["go_on_1"]
    call.said()
    call.due()
    assert call.prompts[before + 1 :] == ["unclear_1"]


@pytest.mark.req("C1")
def test_a_number_that_is_complete_is_read_back_not_acknowledged(call: Driver) -> None:
    """However slowly it was dictated; and as long as it may be complete nobody says go on."""
    call.say("查快递")
    call.said()
    call.utter("七七三，幺二三，四五六，七八" + "，" * 20)  # six seconds
    before = len(call.prompts)
    call.due()
    assert call.prompts[before:] == ["read_waybill"]


@pytest.mark.req("C1")
def test_an_acknowledgement_gives_way_to_the_caller(call: Driver) -> None:
    call.utter("那天" * 25)
    call.due()
    assert call.prompts[-1] == "go_on_1"
    assert do.StopPlayback() in call.tell(ev.SpeechOnset(), call.now + 0.2)


def test_a_hold_in_an_acknowledgement_does_not_silence_the_call(call: Driver) -> None:
    call.utter("那天" * 25)
    call.due()
    call.tell(ev.RemoteHold(), call.now + 0.2)
    call.tell(ev.RemoteResume(), call.now + 3.0)
    assert call.call.deadline is not None
    assert call.call.deadline <= call.now + 2.0


@pytest.mark.req("C1")
def test_a_nod_into_our_voice_hears_it_once_more(call: Driver) -> None:
    call.say("查快递")
    call.tell(ev.SpeechOnset())
    call.tell(ev.SpeechConfirmed(), call.now + 0.2)
    call.tell(ev.SpeechEnded(call.now + 0.1, 0.3, -25.0, -65.0), call.now + 0.4)
    call.tell(ev.Recognized(call.last(do.Listen).turn, "嗯", call.now - 0.3, 0.9), call.now + 0.1)
    call.due()
    assert call.prompts[-2:] == ["ask_waybill", "ask_waybill"]


def test_sound_after_sound_does_not_chop_our_voice_for_ever(call: Driver) -> None:
    call.say("查快递")
    paused = 0
    for _ in range(10):
        paused += do.PausePlayback() in call.tell(ev.SpeechOnset(), call.now + 0.1)
        call.tell(ev.SpeechRejected(), call.now + 0.1)
    assert paused == 3
