"""Nothing private reaches the disk of the running service: real SIP, real audio, and the worst moments to die."""

from __future__ import annotations

import asyncio
import re
import signal
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from ivr.recording.wav import PART
from ivr.records import Calls, Database, Tickets
from ivr.simulation.dialog import Dialog, Identity
from ivr.simulation.sounds import Sounds
from ivr.simulation.user_agent import UserAgent
from ivr.speech.recognizers import installed
from ivr.understanding.sensitive import find
from tests.service.running import Service, until

pytestmark = [pytest.mark.sip, pytest.mark.req("G3")]
STANDARD = Path(__file__).parents[1] / "standards" / "identity.toml"
ID = "110101199003077774"
PRIVATE_HZ, OPEN_HZ = 1250.0, 550.0
"""What stands for speech: one sound for what is private, one for what is not. A recogniser is not asked."""
_SECOND = np.arange(8000) / 8000


def sound(hertz: float, seconds: float) -> npt.NDArray[np.int16]:
    return np.tile((8000 * np.sin(2 * np.pi * hertz * _SECOND)).astype(np.int16), 1 + int(seconds))[
        : int(8000 * seconds)
    ]


def seconds_of(samples: npt.NDArray[np.int16], hertz: float) -> float:
    """How long a sound is heard, 20 ms at a time."""
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160).astype(float)
    power = np.abs(frames @ np.exp(-2j * np.pi * hertz * np.arange(160) / 8000)) / 80
    return float((power > 400).sum()) * 0.02


def said_unasked() -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """A private number, and something that is none, as somebody says them."""
    sounds = Sounds()
    number = "一一零一零一，一九九零零三零七，七七七四"
    private, harmless = sounds.speech(f"我的身份证号是{number}。"), sounds.speech("你好，我想查一下我的快递到哪里了。")
    sounds.close()
    return private, harmless


def left_on_disk(service: Service) -> bytes:
    return b"".join(path.read_bytes() for path in service.config.parent.rglob("*") if path.is_file())


def recordings(service: Service) -> list[Path]:
    return sorted((service.config.parent / "recordings").glob("*/*.wav"))


def caller(path: Path) -> npt.NDArray[np.int16]:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)[:, 0]


def ours_during(service: Service, prompt: str) -> npt.NDArray[np.int16]:
    """What we said while a prompt was played, as it is recorded."""
    connected = next(float(entry["t"]) for entry in service.entries() if entry.get("event") == "Connected")
    play = next(entry for entry in service.entries() if prompt in str(entry.get("utterances")))
    with wave.open(str(recordings(service)[0])) as file:
        ours = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)[:, 1]
    return ours[round(8000 * (play["start"] - connected)) : round(8000 * (play["end"] - connected))]


def keys_of(service: Service) -> str:
    return "".join(str(entry["key"]) for entry in service.entries() if entry.get("event") == "KeyPressed")


async def asked_for_the_number(service: Service, telephone: UserAgent) -> Dialog:
    """A call in which something was said before the question was put."""
    call = telephone.dialog(service.uri)
    assert await call.invite() == 200
    await until(lambda: call.rtp.packets)
    call.rtp.play(sound(OPEN_HZ, 2.0))
    await asyncio.sleep(4.0)  # some seconds of recording are on disk by then
    call.rtp.key("3")
    await until(lambda: any(entry.get("menu") == "ask_id" for entry in service.entries()))
    return call


@pytest.mark.parametrize("seconds", [0.7, 4.0])
async def test_a_worker_killed_while_a_number_is_said_and_keyed_leaves_nothing_of_it(
    service: Service, seconds: float
) -> None:
    service.start(standard=str(STANDARD))
    async with UserAgent(Identity(number="13800138000")) as telephone:
        call = await asked_for_the_number(service, telephone)
        call.rtp.play(sound(PRIVATE_HZ, seconds + 1.0))
        for key in ID:
            call.rtp.key(key, 0.06)
        await asyncio.sleep(seconds)
        (worker,) = [each for each in service.workers() if "ivr.service.process" in each.cmdline()]
        worker.send_signal(signal.SIGKILL)
        await until(lambda: recordings(service))
    assert not list(service.config.parent.rglob(f"*{PART}"))
    (path,) = recordings(service)
    heard = caller(path)
    assert seconds_of(heard, OPEN_HZ) > 1.5, "the test can hear"
    assert seconds_of(heard, PRIVATE_HZ) == 0.0
    assert keys_of(service).replace("■", "") == "3"
    assert ID[:6].encode() not in left_on_disk(service)
    database = Database(f"sqlite:///{service.config.parent / 'ivr.db'}")
    await until(lambda: _notes(database, path.stem)[-1:] == ["recording_cut"])
    assert service.daemon.stop() == 0


async def test_a_number_keyed_to_its_end_is_in_no_file(service: Service) -> None:
    service.start(standard=str(STANDARD))
    async with UserAgent(Identity(number="13800138000")) as telephone:
        call = await asked_for_the_number(service, telephone)
        call.rtp.play(sound(PRIVATE_HZ, 1.5))
        for key in f"{ID}#":
            call.rtp.key(key, 0.06)
        await until(lambda: any(entry.get("slot") == "id_card" for entry in service.entries()))
        await until(lambda: any(entry.get("menu") == "read_id" for entry in service.entries()))
        await asyncio.sleep(1.0)  # it is being read back
        await call.bye()
        await until(lambda: recordings(service))
    assert service.daemon.stop() == 0
    heard = caller(recordings(service)[0])
    assert seconds_of(heard, OPEN_HZ) > 1.5
    assert seconds_of(heard, PRIVATE_HZ) == 0.0
    said = [str(entry["text"]) for entry in service.entries() if "read_id" in str(entry.get("utterances"))]
    assert [text.count("■") for text in said] == [18]
    assert not set("零一九三七四") & set(said[0])
    assert ID[:6].encode() not in left_on_disk(service)
    assert "一一零一零一".encode() not in left_on_disk(service)
    assert not ours_during(service, "read_id").any(), "the read-back is silent too"
    assert ours_during(service, "ask_id").any()
    assert "originals of what is masked are not kept" in service.events(), "there is no key file"


@pytest.mark.skipif(not installed(), reason="no recogniser is installed: ivr models pull")
async def test_a_number_said_unasked_is_heard_and_silenced(service: Service) -> None:
    private, harmless = said_unasked()
    service.start(recognizer="auto")
    async with UserAgent(Identity(number="13800138000")) as telephone:
        call = telephone.dialog(service.uri)
        assert await call.invite() == 200
        await until(lambda: call.rtp.packets)
        for said in (private, harmless):
            await asyncio.sleep(4.0)
            call.rtp.play(said)
            await asyncio.sleep(len(said) / 8000 + 4.0)
        await call.bye()
        await until(lambda: recordings(service))
    assert service.daemon.stop() == 0
    loud_s = audible_s(caller(recordings(service)[0]))
    assert loud_s == pytest.approx(audible_s(harmless), abs=0.3), "one turn is there, the other is not"
    masked = [entry for entry in service.entries() if entry.get("note") == "masked"]
    assert max(entry["until"] - entry["from"] for entry in masked) > len(private) / 8000
    texts = "".join(str(entry.get("text", "")) for entry in service.entries())
    assert "身份" in texts
    assert "■" in texts
    assert not re.search("[0-9零一二三四五六七八九]{4}", texts)
    assert not find(texts)
    assert "我想查" in texts


@pytest.mark.req("A6")
@pytest.mark.skipif(not installed(), reason="no recogniser is installed: ivr models pull")
async def test_a_number_in_a_message_is_heard_and_silenced(service: Service) -> None:
    private, harmless = said_unasked()
    service.start(recognizer="auto")
    async with UserAgent(Identity(number="13800138000")) as telephone:
        call = telephone.dialog(service.uri)
        assert await call.invite() == 200
        await until(lambda: call.rtp.packets)
        call.rtp.key("1")
        await until(lambda: any(entry.get("command") == "StartRecording" for entry in service.entries()))
        for said in (harmless, private, harmless):
            call.rtp.play(said)
            await asyncio.sleep(len(said) / 8000 + 2.0)
        await call.bye()  # as most people end a message
        messages = service.config.parent / "recordings"
        await until(lambda: list(messages.glob("*-1.wav")))
    assert service.daemon.stop() == 0
    (path,) = messages.glob("*-1.wav")
    with wave.open(str(path)) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    # what follows before the number has been read is one stretch with it, and goes as well
    assert audible_s(harmless) - 0.5 < audible_s(heard) < 2 * audible_s(harmless) + 0.5
    assert not find("".join(str(entry.get("text", "")) for entry in service.entries()))
    with Database(f"sqlite:///{service.config.parent / 'ivr.db'}").reading() as tx:
        (ticket,) = Tickets(tx).list()
        found = Tickets(tx).get(ticket.id)
    assert found
    assert (found.kind, found.history[-1].detail) == ("message", str(path))


def audible_s(sound: npt.NDArray[np.int16]) -> float:
    frames = np.abs(sound[: len(sound) // 160 * 160].astype(float).reshape(-1, 160)).max(axis=1)
    return 0.02 * float((frames > 500).sum())


def _notes(database: Database, call: str) -> list[str]:
    with database.reading() as tx:
        row = Calls(tx).get(call)
    return [str(event["entry"].get("note")) for event in row["events"]] if row else []
