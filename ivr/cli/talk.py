"""`ivr talk`: try a standard with microphone and speaker."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.cli.options import config_option

if TYPE_CHECKING:
    from ivr.config import Settings, StandardSettings
    from ivr.dialog.events import Invited
    from ivr.service.hearing import Hearing
    from ivr.service.talk import OpenSound, SoundLeg, Talk
    from ivr.telephony.session import Entry, Session

KEYS = "0123456789*#"
_PLAIN = ("verdict", "why", "intent", "slot", "value", "kind")
_NOTE_FIELDS = (*_PLAIN, "score", "confidence", "level", "reply_s", "pause_s", "words_s")


@click.command()
@config_option
@click.option("--standard", help="Name or file of a standard, instead of the configuration's.")
@click.option("--number", default="", help="Be served as a caller of this number is.")
@click.option("--device", help="Sound device, by part of its name.")
def command(config: Path | None, standard: str | None, number: str, device: str | None) -> None:
    """Try a standard with your own microphone and speaker; a headset keeps the two apart.

    What you say is shown as it is recognised. The keys of a telephone work: 0-9 * #. Ctrl-C hangs up.
    """
    import asyncio

    from ivr.backends import opened
    from ivr.config import load
    from ivr.service.talk import Talk, open_sound, sound_devices

    click.echo(f"sound: {sound_devices()}")
    settings = load(config)
    served = settings.line_for(number)
    served = served.model_copy(update={"name": standard}) if standard else served
    sound = open_sound(device)

    async def call(hearing: Hearing, leg: SoundLeg, session: Session) -> None:
        backends = opened(settings.backends)
        talk = Talk(session, leg, hearing, _invited(served, number))
        talk.asks(backends)
        try:
            with _keyboard(talk):
                await talk.run()
        finally:
            for backend in backends.values():
                await backend.close()

    with (
        _hearing(settings, served) as hearing,
        _leg(sound) as leg,
        _session(served, leg, hearing, settings.records.recordings) as session,
    ):
        asyncio.run(call(hearing, leg, session))


@contextlib.contextmanager
def _leg(sound: OpenSound) -> Iterator[SoundLeg]:
    from ivr.service.talk import SoundLeg

    leg = SoundLeg(sound)
    try:
        yield leg
    finally:
        leg.close()


@contextlib.contextmanager
def _hearing(settings: Settings, served: StandardSettings) -> Iterator[Hearing]:
    """Voice activity, and the recogniser that the line wants, once it is ready."""
    import asyncio

    from ivr.service.hearing import Hearing
    from ivr.service.recogniser import hears_words
    from ivr.service.talk import STREAM
    from ivr.service.words import ready_soon, start_recogniser
    from ivr.speech.activity import VoiceActivity

    recogniser = start_recogniser(settings)
    hearing = Hearing(VoiceActivity(1), recogniser)
    try:
        words = asyncio.run(ready_soon(recogniser)) and hears_words(served)
        click.echo(f"recogniser: {recogniser.name if words else 'none: keys and voice activity'}")
        hearing.add(STREAM, words=words)
        yield hearing
    finally:
        hearing.close()


@contextlib.contextmanager
def _session(served: StandardSettings, leg: SoundLeg, hearing: Hearing, messages: Path) -> Iterator[Session]:
    from ivr.dialog.call import Call
    from ivr.dialog.meaning import interpreter
    from ivr.service.hearing import StreamEar
    from ivr.service.talk import STREAM
    from ivr.speech.houses import house_of
    from ivr.speech.prompts import PromptStore
    from ivr.speech.tts import Synthesizer
    from ivr.standards.load import load_standard
    from ivr.telephony.message import MessageFile
    from ivr.telephony.session import Session

    voice, standard = Synthesizer(), load_standard(served.name)
    interpreter(standard)  # which takes longer than a turn of the loop may
    prompts, message = PromptStore(served.prompts, synthesizer=voice), MessageFile(messages, "talk")
    call = Call(standard, house_of(served), words=hearing.hears_words(STREAM))
    targets = {"operator": "", "supervisor": ""}
    try:
        yield Session(call, leg, prompts, _show, message, targets, ear=StreamEar(hearing, STREAM))
    finally:
        voice.close()


def _invited(served: StandardSettings, number: str) -> Invited:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from ivr.dialog.events import Invited

    return Invited(number, None, datetime.now(ZoneInfo(served.timezone)))


def _show(entry: Entry) -> None:
    """One line for what is said, heard, understood, and pressed."""
    at = f"{entry['t']:7.2f} s  "
    match entry:
        case {"command": "Play", "text": text}:
            click.echo(f"{at}◀ {text}")
        case {"command": "Listen"}:
            pass
        case {"command": str(name)}:
            click.echo(f"{at}· {name}")
        case {"event": "Recognized", "text": text, "final": final}:
            click.echo(f"{at}▶ {text or '(no words)'}{'' if final else ' …'}")
        case {"event": "RecognitionFailed", "reason": reason}:
            click.echo(f"{at}▶ (no words: {reason})")
        case {"note": str(kind)}:
            click.echo(f"{at}  {kind} {_told(entry)}")
        case {"event": "KeyPressed", "key": key}:
            click.echo(f"{at}▶ [{key}]")
        case {"event": str(name)} if name.startswith("Speech"):
            click.echo(f"{at}▶ {name}")
        case {"outcome": outcome}:
            click.echo(f"{at}■ {outcome}")


def _told(note: Entry) -> str:
    """What is worth reading of a note while the call runs."""
    shown = [name for name in _NOTE_FIELDS if note.get(name) not in (None, "")]
    return ", ".join(f"{note[name]}" if name in _PLAIN else f"{name} {note[name]}" for name in shown)


@contextlib.contextmanager
def _keyboard(talk: Talk) -> Iterator[None]:
    """Telephone keys as they are pressed, without Enter."""
    import asyncio
    import termios
    import tty

    def pass_on() -> None:
        for key in os.read(sys.stdin.fileno(), 64).decode(errors="replace"):
            if key in KEYS and not talk.session.ended:
                talk.press(key)

    if not sys.stdin.isatty():
        yield
        return
    loop, before = asyncio.get_running_loop(), termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    loop.add_reader(sys.stdin, pass_on)
    try:
        yield
    finally:
        loop.remove_reader(sys.stdin)
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
