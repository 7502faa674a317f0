from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ivr.standards.load import load_standard
from ivr.telephony.discretion import Discretion

STANDARD = Path(__file__).parents[1] / "standards" / "identity.toml"
ID = "110101199003077774"
SPOKEN = "一一零一零一一九九零零三零七七七七四"
NOW = datetime(2026, 1, 2, 4, 0, tzinfo=UTC)


class FakeTape:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, float, object]] = []
        self.texts: list[str] = []

    def turn_began(self, at: float) -> None:
        self.told.append(("began", at, None))

    def turn_judged(self, from_s: float, until_s: float, mute: bool, keep_original: bool = False) -> None:
        self.told.append(("judged", from_s, mute))

    def sensitive(self, on: bool, at: float, keep_original: bool = False) -> None:
        self.told.append(("sensitive", at, on))

    def read_back(self, on: bool, at: float) -> None:
        self.told.append(("read_back", at, on))

    def keep_text(self, text: str, from_s: float, until_s: float) -> None:
        self.texts.append(text)

    def of(self, kind: str) -> list[object]:
        return [value for told, _, value in self.told if told == kind]


class Story:
    """A call as its journal tells it."""

    def __init__(self, *, words: bool = True) -> None:
        self.tape, self.written = FakeTape(), list[dict[str, Any]]()
        standard = load_standard(STANDARD)
        self.discretion = Discretion(standard, self.tape, self.written.append, words=words, clock=lambda: NOW)
        self.now, self.turn, self.words = 0.0, 0, words
        self.listen()

    def tell(self, **entry: object) -> None:
        self.discretion({"t": round(self.now, 3)} | entry)

    def listen(self, turn: int | None = None) -> None:
        if self.words:
            self.turn = self.turn + 1 if turn is None else turn
            self.tell(command="Listen", turn=self.turn, expects="text")

    def enter(self, menu: str) -> None:
        self.listen()
        self.tell(state="conversation_saying", menu=menu, ladder="patience", step=0)

    def speak(self, text: str | None, seconds: float = 2.0) -> None:
        """A turn is said, read, and ended; None: no words come."""
        self.tell(event="SpeechOnset")
        self.now += 0.25
        self.tell(event="SpeechConfirmed")
        last = self.now = self.now + seconds
        self.now += 0.3
        self.tell(event="SpeechEnded", last_voiced=last)
        if text is not None:
            self.tell(event="Recognized", turn=self.turn, text=text, until=last, final=True, alternatives="")
        self.now += 0.5
        self.tell(note="verdict", turn=self.turn, verdict="addressed", text=text)
        self.listen()

    def press(self, keys: str) -> None:
        for key in keys:
            self.now += 0.3
            self.tell(event="KeyPressed", key=key)

    def end(self) -> str:
        self.now += 1.0
        self.tell(state="ended", outcome="caller_hung_up")
        return json.dumps(self.written, ensure_ascii=False)


def all_of(written: list[dict[str, Any]], **wanted: object) -> list[Mapping[str, Any]]:
    return [each for each in written if wanted.items() <= each.items()]


@pytest.mark.req("G3")
@pytest.mark.parametrize("number", [ID, SPOKEN, "110101 19900307 7774", "幺幺零幺零幺 幺九九零 零三零七 双七七四"])
def test_an_unsolicited_number_is_masked_before_anybody_reads_it(number: str) -> None:
    story = Story()
    story.speak(f"我的身份证号是{number}，麻烦您")
    story.tell(note="understood", intent="track", text=f"我的身份证号是{number}，麻烦您")
    told = story.end()
    assert number not in told
    assert told.count("我的身份证号是■") == 3
    assert told.count("，麻烦您") == 3
    assert story.tape.of("judged") == [True]


@pytest.mark.req("G3")
def test_what_is_not_private_is_told_as_it_was_said() -> None:
    story = Story()
    story.speak("我的单号是七七三零一二三四五六七八，昨天寄的")
    story.tell(note="answer", slot="waybill", value="773012345678", complete=True)
    assert story.discretion.slots({"waybill": "773012345678"}) == {"waybill": "773012345678"}
    told = story.end()
    assert told.count("七七三零一二三四五六七八") == 2
    assert "■" not in told
    assert story.tape.of("judged") == [False]


@pytest.mark.req("G3")
def test_nothing_is_written_before_the_turn_is_over() -> None:
    story = Story()
    story.tell(event="SpeechOnset")
    story.tell(event="SpeechConfirmed")
    before = len(story.written)
    story.tell(event="Recognized", turn=story.turn, text="一一零一零一一九九零", until=1.0, final=False)
    story.tell(event="DeadlineReached")
    assert len(story.written) == before
    assert story.tape.of("judged") == []


@pytest.mark.req("G3")
def test_a_number_torn_over_two_turns_is_masked_in_both() -> None:
    story = Story()
    story.speak("一一零一零一一九九零")
    assert story.tape.of("judged") == []
    assert not all_of(story.written, event="Recognized")
    story.speak("零三零七七七七四")
    told = story.end()
    assert not set("一九零三七四") & set(told)
    assert story.tape.of("judged") == [True, True]


@pytest.mark.req("G3")
def test_a_number_that_is_never_finished_waits_for_a_while_only() -> None:
    story = Story()
    story.speak("一一零一零一一九九零")
    story.now += 26.0
    story.tell(command="Play", utterances=["ask_help"], text="您好", start=30.0, end=31.0)
    assert all_of(story.written, command="Play")
    assert story.tape.of("judged") == [True]
    assert "一一零" not in story.end()


@pytest.mark.req("G3")
def test_what_was_to_be_read_and_was_not_is_muted() -> None:
    story = Story()
    story.speak(None)
    story.tell(event="RecognitionFailed", turn=1, reason="late")
    story.end()
    assert story.tape.of("judged") == [True]


@pytest.mark.req("G3")
def test_who_hangs_up_in_the_middle_of_a_number_leaves_nothing() -> None:
    story = Story()
    story.tell(event="SpeechOnset")
    story.tell(event="SpeechConfirmed")
    story.now += 3.0
    story.tell(event="Recognized", turn=story.turn, text="身份证一一零一零一", until=2.0, final=True)
    told = story.end()
    assert "一一零一零一" not in told
    assert story.tape.of("judged") == [True]


@pytest.mark.req("G3")
def test_half_a_number_whose_rest_nobody_read_is_masked() -> None:
    story = Story()
    story.tell(event="SpeechOnset")
    story.tell(event="SpeechConfirmed")
    story.now += 3.0
    story.tell(event="Recognized", turn=story.turn, text="莫德身份正好是一零一零一九九零", until=2.0, final=True)
    story.now += 3.0
    story.tell(event="SpeechEnded", last_voiced=5.5)
    story.listen()
    story.speak("你好，我想查一下快递")
    told = story.end()
    assert "莫德身份正好是■" in told
    assert "一零一零" not in told
    assert "查一下快递" in told
    assert story.tape.of("judged") == [True, False]


@pytest.mark.req("G3")
def test_half_a_number_that_is_given_up_is_masked() -> None:
    story = Story()
    story.speak("一一零一零一一九九零")
    story.speak("算了，我找人工")
    told = story.end()
    assert "一一零" not in told
    assert "算了，我找人工" in told
    assert story.tape.of("judged") == [True, False]


@pytest.mark.req("G3")
def test_a_noise_holds_nothing_up() -> None:
    story = Story()
    story.tell(event="SpeechOnset")
    story.now += 0.3
    story.tell(event="SpeechRejected")
    story.now += 1.0
    story.tell(command="Play", utterances=["silent_1"], text="喂", start=1.0, end=2.0)
    assert story.tape.of("judged") == [False]


@pytest.mark.req("G3")
@pytest.mark.parametrize("words", [True, False])
def test_an_answer_to_a_private_question_stays_between_us(words: bool) -> None:
    story = Story(words=words)
    story.enter("ask_id")
    assert story.tape.of("sensitive") == [True]
    if words:
        story.speak("是一一零幺")
    else:
        story.press("1101#")
    story.tell(note="answer", slot="id_card", value="1101", complete=True)
    story.tell(command="Play", utterances=["read_id"], text="一一零一，对吗？", start=story.now, end=story.now + 2)
    story.enter("read_id")
    assert story.discretion.slots({"id_card": "1101", "name": "王"}) == {"name": "王"}
    story.now += 2.0
    story.tell(event="PlaybackFinished", playback=1)
    story.enter("anything_else")
    told = story.end()
    assert "1101" not in told
    assert "一一零" not in told
    assert not all_of(story.written, key="1")
    assert "■■■■，对吗？" in told
    assert story.tape.of("read_back") == [True, False]
    assert story.tape.of("sensitive") == [True, False]
    assert story.tape.texts == (["是一一零幺"] if words else ["1101#"])


@pytest.mark.req("G3")
@pytest.mark.parametrize("words", [True, False])
def test_keys_that_nobody_asked_for_are_not_told_beyond_a_choice_and_a_slip(words: bool) -> None:
    story = Story(words=words)
    for key in ID:
        story.press(key)
        story.listen()
    story.end()
    assert "".join(entry["key"] for entry in all_of(story.written, event="KeyPressed")) == "11" + "■" * 16
    assert story.tape.of("judged") == [False, False] + [True] * 16


@pytest.mark.req("G3")
@pytest.mark.parametrize("words", [True, False])
def test_a_private_number_keyed_where_another_was_asked_for_is_masked(words: bool) -> None:
    story = Story(words=words)
    story.enter("track.waybill")
    story.press(ID + "#")
    story.listen()
    story.tell(note="answer", slot="waybill", value=ID, complete=True)
    told = story.end()
    assert ID not in told
    assert not set(map(str, range(10))) & {entry["key"] for entry in all_of(story.written, event="KeyPressed")}
    assert story.discretion.slots({"waybill": ID}) == {"waybill": "■" * 18}


@pytest.mark.req("G3")
def test_a_keyed_waybill_is_told() -> None:
    story = Story(words=False)
    story.enter("track.waybill")
    story.press("773012345678#")
    story.tell(note="answer", slot="waybill", value="773012345678", complete=True)
    assert "".join(entry["key"] for entry in all_of(story.written, event="KeyPressed")) == "773012345678#"
    assert story.discretion.slots({"waybill": "773012345678"}) == {"waybill": "773012345678"}


@pytest.mark.req("G3")
def test_a_private_number_that_we_say_ourselves_is_muted() -> None:
    story = Story()
    story.speak(ID)
    story.tell(command="Play", utterances=["read_waybill"], text=f"{SPOKEN}，对吗？", start=9.0, end=12.0)
    story.tell(command="StopPlayback")
    story.end()
    assert story.tape.of("read_back") == [True, False]
    assert all_of(story.written, command="Play")[0]["text"] == "■" * 18 + "，对吗？"


def test_order_stays_and_every_entry_bears_its_time() -> None:
    story = Story()
    story.speak("你好")
    story.end()
    assert [entry["t"] for entry in story.written] == sorted(entry["t"] for entry in story.written)
    assert {entry["time"] for entry in story.written} == {NOW.isoformat()}


@pytest.mark.req("G3")
def test_of_what_others_are_asked_and_answer_private_slots_are_masked() -> None:
    story = Story()
    about = {"id_card": ID, "waybill": "773012345678", "caller": "8613800138000"}
    story.tell(command="Inquire", inquiry=1, of="shipment", about=about)
    values = {"id_card": ID, "status": "派送中", "note": f"证件{ID}"}
    story.tell(event="Replied", inquiry=1, outcome="found", values=values)
    told = story.end()
    (asked,), (replied,) = all_of(story.written, command="Inquire"), all_of(story.written, event="Replied")
    assert ID not in told
    assert asked["about"] == about | {"id_card": "■" * len(ID)}
    assert replied["values"] == {"id_card": "■" * len(ID), "status": "派送中", "note": "证件" + "■" * len(ID)}


@pytest.mark.req("G3")
def test_evidence_for_others_waits_for_no_verdict_and_tells_no_digits_until_it_is_there() -> None:
    story = Story()
    assert story.discretion.told({"said": "单号七七三零", "id_card": ID}) == {
        "said": "单号七七三零",
        "id_card": "■" * len(ID),
    }
    story.tell(event="SpeechOnset")
    assert story.discretion.told({"said": "单号七七三零"}) == {"said": "单号■■■■"}


@pytest.mark.req("G3")
@pytest.mark.parametrize("final", [True, False])
def test_a_number_that_was_read_once_is_private_though_it_is_read_worse_the_next_time(final: bool) -> None:
    story = Story()
    story.tell(event="SpeechOnset")
    story.tell(event="SpeechConfirmed")
    story.now += 4.0
    story.tell(event="Recognized", turn=1, text=f"我的身份证号是{ID}", until=story.now - 0.3, final=final)
    story.speak("我的身份证好是1101011990，你好")
    told = story.end()
    assert ID[:8] not in told
    assert story.tape.of("judged") == [True]


# ---------------------------------------------------------------- a message


@pytest.mark.req("G3", "A6")
def test_a_message_answers_no_question_be_it_ever_so_private() -> None:
    story = Story()
    story.enter("ask_id")
    story.now += 1.0
    story.tell(command="StartRecording", limit_s=120.0, keep_original=True)
    story.listen()
    story.speak("我姓王，请回电话")
    story.speak(f"我的身份证号是{ID}")
    story.tell(command="StopRecording", keep=True, file="x-1.wav")
    told = story.end()
    assert story.tape.of("sensitive")[:3] == [True, False, True]
    assert story.tape.of("judged") == [False, True]
    assert "我姓王，请回电话" in told
    assert ID[:8] not in told
    assert story.tape.texts == [f"我的身份证号是{ID}"], "sealed, as the standard keeps it"
