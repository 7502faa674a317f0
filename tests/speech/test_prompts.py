from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import numpy as np
import pytest
import soundfile
from structlog.testing import capture_logs

from ivr.audio import RATE
from ivr.errors import UserError
from ivr.speech.g711 import Pcm
from ivr.speech.lines import Line, shipped_lines
from ivr.speech.mastering import beep
from ivr.speech.numbers import PIECES, Numbers, keep
from ivr.speech.pieces import COMMA, JOINED
from ivr.speech.prompts import PromptStore
from ivr.speech.rendered import RenderedSet
from ivr.speech.tts import Synthesizer
from ivr.speech.voicing import Voicing
from ivr.standards.house import Utterance

HELLO = Utterance("greeting", "您好。")
TONE = Utterance("message_tone", "")
NAME = Utterance("name", "王先生")
FRAME_BYTES = 320


class Robot(Synthesizer):
    """Speaks at once and remembers what; needs no process."""

    def __init__(self, *, works: bool = True) -> None:
        super().__init__()
        self.spoken: list[str] = []
        self.works = works

    def speak_now(self, text: str, limit_s: float | None = None) -> Pcm:
        if not self.works:
            raise UserError("no voice today")
        self.spoken.append(text)
        return beep(0.5)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("SANLING_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def rendered(tmp_path: Path) -> RenderedSet:
    """A set that speaks the greeting for 0.2 s."""
    folder = RenderedSet(tmp_path / "rendered")
    folder.put(HELLO.text, beep(0.2), "somebody")
    return folder


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    """A house's folder with a greeting of 1 s, in 44.1 kHz stereo."""
    folder = tmp_path / "studio"
    folder.mkdir()
    tone = np.sin(np.arange(44100) / 10)
    soundfile.write(folder / "greeting.wav", np.stack([tone, tone], axis=1) / 4, 44100)
    return folder


def seconds(audio: bytes) -> float:
    return len(audio) / 2 / RATE


def test_the_houses_recording_comes_first(studio: Path, rendered: RenderedSet) -> None:
    assert seconds(PromptStore(studio, [rendered]).audio([HELLO], 0)) == pytest.approx(1.0, abs=0.03)


def test_the_rendered_set_comes_next(rendered: RenderedSet) -> None:
    robot = Robot()
    assert seconds(PromptStore(None, [rendered], robot).audio([HELLO], 0)) == 0.2
    assert robot.spoken == []


def test_run_time_speech_comes_last_and_once(rendered: RenderedSet) -> None:
    robot = Robot()
    store = PromptStore(None, [rendered], robot)
    assert store.audio([NAME], 0) == store.audio([NAME], 0) == beep(0.5).tobytes()
    assert robot.spoken == [NAME.text]


def test_run_time_speech_outlives_the_process_and_a_broken_cache(cache: Path) -> None:
    first, second, third = Robot(), Robot(), Robot()
    for robot in (first, second):
        PromptStore(None, [], robot).audio([NAME], 0)
    assert (first.spoken, second.spoken) == ([NAME.text], [])
    (file,) = (cache / "tts").iterdir()
    file.write_bytes(b"half a fi")
    PromptStore(None, [], third).audio([NAME], 0)
    assert third.spoken == [NAME.text]


def test_without_a_cache_nobody_is_silenced(cache: Path) -> None:
    cache.write_bytes(b"a file where the folder should be")
    with capture_logs() as logs:
        assert seconds(PromptStore(None, None, Robot()).audio([NAME], 0)) == 0.5
    assert [entry["event"] for entry in logs] == ["no_cache", "speech_not_cached"]


def test_a_full_disk_silences_nobody(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, _: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    with capture_logs() as logs:
        assert seconds(PromptStore(None, [], Robot()).audio([NAME], 0)) == 0.5
    assert "No space left on device" in logs[0]["reason"]
    assert list((cache / "tts").iterdir()) == []


def test_tones_are_made_and_may_be_replaced(studio: Path) -> None:
    assert PromptStore(None, []).audio([TONE], 0) == beep().tobytes()
    (studio / "greeting.wav").rename(studio / "message_tone.wav")
    assert seconds(PromptStore(studio, []).audio([TONE], 0)) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(("pause_s", "frames"), [(0, 0), (0.4, 20), (0.409, 20), (0.411, 21), (2.0, 100)])
def test_pauses_are_whole_frames_of_silence(rendered: RenderedSet, pause_s: float, frames: int) -> None:
    audio = PromptStore(None, [rendered]).audio([HELLO, HELLO, TONE], pause_s)
    hello, tone, silence = beep(0.2).tobytes(), beep().tobytes(), bytes(frames * FRAME_BYTES)
    assert audio == hello + silence + hello + silence + tone


def test_a_damaged_recording_is_told_and_the_next_source_speaks(studio: Path, rendered: RenderedSet) -> None:
    (studio / "greeting.wav").write_bytes(b"RIFF")
    store = PromptStore(studio, [rendered])
    with capture_logs() as logs:
        assert seconds(store.audio([HELLO], 0)) == 0.2
    (entry,) = logs
    assert entry["log_level"] == "warning"
    assert "greeting.wav" in entry["reason"]
    assert len(store.missing([HELLO])) == 1


def test_a_damaged_rendering_is_told_and_the_robot_speaks(rendered: RenderedSet) -> None:
    rendered.path(HELLO.text).unlink()
    with capture_logs() as logs:
        assert seconds(PromptStore(None, [rendered], Robot()).audio([HELLO], 0)) == 0.5
    assert str(rendered.path(HELLO.text)) in logs[0]["reason"]


def test_where_nothing_speaks_the_file_is_named(rendered: RenderedSet) -> None:
    rendered.path(HELLO.text).unlink()
    with capture_logs(), pytest.raises(UserError, match=r"prompt greeting: .*\.wav: No such file"):
        PromptStore(None, [rendered], Robot(works=False)).audio([HELLO], 0)


def test_where_there_is_no_source_the_text_is_named() -> None:
    with pytest.raises(UserError, match="prompt name: nobody has spoken 「王先生」 → ivr prompts render"):
        PromptStore(None, []).audio([NAME], 0)


def test_missing_asks_every_source_but_speaks_nothing(rendered: RenderedSet) -> None:
    robot = Robot()
    assert PromptStore(None, [rendered], robot).missing([HELLO, TONE, NAME]) == []
    assert robot.spoken == []
    assert PromptStore(None, [rendered]).missing([HELLO, TONE, NAME]) == [
        "prompt name: nobody has spoken 「王先生」 → ivr prompts render"
    ]


class TestPutTogether:
    """A prompt that speaks what the caller told us."""

    NUMBER = Utterance("confirm", "您的单号是三七，幺，对吗？", ("您的单号是", "三", "七", "，", "幺", "，对吗？"))
    PERSON = Utterance("ask_name", "请问是王先生吗？", ("请问是", "王先生", "吗？"))

    @pytest.fixture
    def pieces(self, tmp_path: Path) -> RenderedSet:
        folder = RenderedSet(tmp_path / "pieces")
        for length, text in enumerate(("您的单号是", "三", "七", "幺", "对吗？", "请问是", "吗？"), 10):
            folder.put(text, beep(length * 0.02), "somebody")
        return folder

    def test_its_pieces_follow_one_another(self, pieces: RenderedSet) -> None:
        whole, three, seven, one, right = (beep(length * 0.02).tobytes() for length in range(10, 15))
        audio = PromptStore(None, [pieces]).audio([self.NUMBER], 0)
        joined, comma = bytes(JOINED * FRAME_BYTES), bytes(COMMA * FRAME_BYTES)
        assert audio == joined.join([whole, three, seven]) + comma + one + comma + right

    def test_digits_run_into_each_other_where_somebody_knows_how(self, pieces: RenderedSet, tmp_path: Path) -> None:
        keep(tmp_path / "numbers", dict.fromkeys(PIECES, beep(0.5)), "somebody")
        numbers = Numbers(tmp_path / "numbers")
        audio = PromptStore(None, [pieces], numbers=numbers).audio([self.NUMBER], 0)
        whole, _, _, one, right = (beep(length * 0.02).tobytes() for length in range(10, 15))
        joined, comma = bytes(JOINED * FRAME_BYTES), bytes(COMMA * FRAME_BYTES)
        assert audio == whole + joined + numbers.speak("三七").tobytes() + comma + one + comma + right

    def test_slower_it_is_put_together_from_slower_pieces(self, pieces: RenderedSet) -> None:
        store = PromptStore(None, [pieces])
        slow, usual = (len(store.audio([self.NUMBER], 0, Voicing(0.0, tempo))) for tempo in (0.8, 1.0))
        assert usual < slow * 0.85
        assert slow % FRAME_BYTES == 0

    def test_where_a_set_has_the_whole_it_is_spoken_whole(self, pieces: RenderedSet) -> None:
        pieces.put(self.NUMBER.text, beep(3.0), "somebody")
        assert seconds(PromptStore(None, [pieces]).audio([self.NUMBER], 0)) == 3.0

    def test_a_recording_by_name_cannot_know_the_number(self, pieces: RenderedSet, studio: Path) -> None:
        (studio / "greeting.wav").rename(studio / "confirm.wav")
        store = PromptStore(studio, [pieces])
        assert store.audio([self.NUMBER], 0) == PromptStore(None, [pieces]).audio([self.NUMBER], 0)
        assert store.source(self.NUMBER) is None

    def test_a_callers_name_stays_in_memory(self, pieces: RenderedSet, cache: Path) -> None:
        robot = Robot()
        store = PromptStore(None, [pieces], robot)
        assert store.audio([self.PERSON], 0) == store.audio([self.PERSON], 0)
        assert robot.spoken == ["王先生"]
        assert not list(cache.rglob("*.wav"))

    def test_what_was_spoken_at_start_up_is_not_spoken_again_in_a_call(self, pieces: RenderedSet) -> None:
        robot = Robot()
        PromptStore(None, [pieces], robot).audio([Utterance("answer", "运费每公斤十元。")], 0)
        told = Utterance("answered", "运费每公斤十元。请问", ("运费每公斤十元。", "请问"))
        PromptStore(None, [pieces], robot).audio([told], 0)
        assert robot.spoken == ["运费每公斤十元。", "请问"]

    def test_a_callers_name_is_not_in_the_log(self, pieces: RenderedSet) -> None:
        with (
            capture_logs() as logs,
            pytest.raises(UserError, match="prompt ask_name: what the caller told us") as error,
        ):
            PromptStore(None, [pieces], Robot(works=False)).audio([self.PERSON], 0)
        assert "王" not in str(logs) + str(error.value)

    def test_a_piece_of_the_standards_own_is_kept_wherever_it_is_asked_for_first(self, cache: Path) -> None:
        robot = Robot()
        store = PromptStore(None, [], robot)
        own = [Utterance("ask_name", piece) for piece in ("请问是", "，吗？")]
        store.audio(own, 0)
        assert len(list(cache.rglob("*.wav"))) == 2
        store.audio([self.PERSON], 0)
        assert robot.spoken == ["请问是", "吗？", "王先生"]

    def test_what_is_wrong_is_told_piece_by_piece(self, pieces: RenderedSet) -> None:
        pieces.path("七").unlink()
        assert PromptStore(None, [pieces]).missing([self.NUMBER, self.PERSON]) == [
            f"{pieces.path('七')}: No such file or directory → ivr prompts render",
            "prompt confirm: nobody has spoken 「七」 → ivr prompts render",
            "prompt ask_name: nobody has spoken 「王先生」 → ivr prompts render",
        ]
        assert PromptStore(None, [pieces], Robot()).improvised([self.NUMBER, self.PERSON]) == ["王先生"]

    def test_nothing_but_marks_is_nothing(self, pieces: RenderedSet) -> None:
        assert PromptStore(None, [pieces]).audio([Utterance("odd", "，。", ("，", "。"))], 0) == b""


@pytest.mark.req("B5", "B11")
def test_a_voice_is_for_everything_that_is_said(rendered: RenderedSet) -> None:
    store = PromptStore(None, [rendered])
    usual, louder = (np.frombuffer(store.audio([HELLO, TONE], 0.1, Voicing(gain)), "<i2") for gain in (0.0, 6.0))
    assert np.abs(louder - usual * 10 ** (6 / 20)).max() < 1
    assert seconds(store.audio([HELLO, TONE], 0.1, Voicing(0.0, 0.5))) == pytest.approx(2 * 0.5 + 0.1, abs=0.08)


def test_what_a_robot_will_say_is_known_beforehand(rendered: RenderedSet) -> None:
    assert PromptStore(None, [rendered], Robot()).improvised([HELLO, TONE, NAME]) == ["王先生"]


def test_warming_leaves_nothing_to_wait_for(rendered: RenderedSet) -> None:
    robot = Robot()
    store = PromptStore(None, [rendered], robot)
    asyncio.run(store.warm([HELLO, TONE, NAME]))
    robot.works = False
    rendered.path(HELLO.text).unlink()
    assert seconds(store.audio([HELLO, TONE, NAME], 0)) == 1.0


def test_a_damaged_file_is_told_once_whoever_asks_for_it(studio: Path, rendered: RenderedSet) -> None:
    (studio / "greeting.wav").write_bytes(b"RIFF")
    with capture_logs() as logs:
        for text in (HELLO.text, "早上好。", "晚上好。"):
            PromptStore(studio, [rendered], Robot()).audio([Utterance("greeting", text)], 0)
    assert len(logs) == 1


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere: No such file or directory → standard\.prompts in ivr\.toml"):
        PromptStore(tmp_path / "nowhere")


@pytest.mark.parametrize("below", [".", "studio"])
def test_a_folder_that_may_not_be_seen_is_named(locked: Path, below: str) -> None:
    with pytest.raises(UserError, match=r"locked.*: Permission denied → standard\.prompts in ivr\.toml"):
        PromptStore(locked / below)


@pytest.mark.parametrize("line", shipped_lines(), ids=lambda line: line.standard.name)
def test_the_shipped_house_needs_no_synthesis(line: Line) -> None:
    store = PromptStore()
    assert store.missing(line.utterances()) == []
    assert store.improvised(line.utterances()) == []
