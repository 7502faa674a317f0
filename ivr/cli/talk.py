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
    from ivr.config import StandardSettings
    from ivr.dialog.events import Invited
    from ivr.service.talk import SoundLeg, Talk
    from ivr.telephony.session import Entry, Session

KEYS = "0123456789*#"


@click.command()
@config_option
@click.option("--standard", help="Name or file of a standard, instead of the configuration's.")
@click.option("--number", default="", help="Be served as a caller of this number is.")
@click.option("--device", help="Sound device, by part of its name.")
def command(config: Path | None, standard: str | None, number: str, device: str | None) -> None:
    """Try a standard with your own microphone and speaker; a headset keeps the two apart.

    The keys of a telephone work: 0-9 * #. Ctrl-C hangs up.
    """
    import asyncio

    from ivr.config import load
    from ivr.service.talk import SoundLeg, Talk, open_sound, sound_devices

    click.echo(f"sound: {sound_devices()}")
    settings = load(config)
    served = settings.line_for(number)
    served = served.model_copy(update={"name": standard}) if standard else served
    leg = SoundLeg(open_sound(device))

    async def call(talk: Talk) -> None:
        with _keyboard(talk):
            await talk.run()

    try:
        with _session(served, leg, settings.records.recordings) as session:
            asyncio.run(call(Talk(session, leg, _invited(served, number))))
    finally:
        leg.close()


@contextlib.contextmanager
def _session(served: StandardSettings, leg: SoundLeg, messages: Path) -> Iterator[Session]:
    from ivr.dialog.call import Call
    from ivr.speech.prompts import PromptStore
    from ivr.speech.tts import Synthesizer
    from ivr.standards.house import House
    from ivr.standards.load import load_standard
    from ivr.telephony.message import MessageFile
    from ivr.telephony.session import Session

    voice = Synthesizer()
    prompts = PromptStore(served.prompts, synthesizer=voice)
    call = Call(load_standard(served.name), House.of(served))
    try:
        yield Session(call, leg, prompts, _show, MessageFile(messages, "talk"), {"operator": "", "supervisor": ""})
    finally:
        voice.close()


def _invited(served: StandardSettings, number: str) -> Invited:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from ivr.dialog.events import Invited

    return Invited(number, None, datetime.now(ZoneInfo(served.timezone)))


def _show(entry: Entry) -> None:
    """One line for what is said, heard, and pressed."""
    at = f"{entry['t']:7.2f} s  "
    match entry:
        case {"command": "Play", "text": text}:
            click.echo(f"{at}◀ {text}")
        case {"command": str(name)}:
            click.echo(f"{at}· {name}")
        case {"event": "KeyPressed", "key": key}:
            click.echo(f"{at}▶ [{key}]")
        case {"event": str(name)} if name.startswith("Speech"):
            click.echo(f"{at}▶ {name}")
        case {"outcome": outcome}:
            click.echo(f"{at}■ {outcome}")


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
