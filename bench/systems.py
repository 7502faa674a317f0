"""The two that are compared: our service, and Asterisk's own dialplan doing the same."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

import numpy as np
import soundfile

from bench.audio import RATE
from ivr.config import Settings
from ivr.files import data_folder
from ivr.speech.lines import shipped_lines
from ivr.speech.rendered import RenderedSet
from ivr.telephony.asterisk import render
from tests.asterisk.pbx import Asterisk, asterisk_root
from tests.daemon import Daemon

_CONF = Path(__file__).parent / "asterisk"
_MODULES = ("res_pjsip_endpoint_identifier_anonymous", "app_talkdetect")
"""Beside those of `ivr asterisk config`."""
_WAITS_S = (2, 10)
_PBX_PORT, _PBX_RTP = 5660, (36000, 37999)
_OUR_PORT, _OUR_RTP = 5680, (34000, 35999)

_IVR_TOML = """
[sip]
bind = "127.0.0.1:{port}"
rtp_ports = "{first}-{last}"
max_calls = 200
[records]
url = "sqlite://{folder}/ivr.db"
recordings = "{folder}/recordings"
[speech]
recognizer = "{recognizer}"
[metrics]
bind = ""
[console]
bind = ""
"""


@dataclass(frozen=True, slots=True)
class System:
    """One that is up and takes calls."""

    pid: int
    sip_port: int
    rtp_ports: tuple[int, int]
    journal: Path | None = None

    @property
    def target(self) -> str:
        """Where to call it."""
        return f"127.0.0.1:{self.sip_port}"


class _Conf(Template):
    delimiter = "%"


@contextmanager
def service(recognizer: str = "none") -> Iterator[System]:
    """`ivr serve`, standard `general`, nobody's registrar; the dialplan does not recognise speech either."""
    with tempfile.TemporaryDirectory(prefix="bench-ivr-") as name:
        folder, (first, last) = Path(name), _OUR_RTP
        config, journal = folder / "ivr.toml", folder / "journal.jsonl"
        values = {"port": _OUR_PORT, "first": first, "last": last, "folder": folder, "recognizer": recognizer}
        config.write_text(_IVR_TOML.format(**values), encoding="utf-8")
        daemon = Daemon(folder)
        command = [str(Path(sys.executable).with_name("ivr")), "serve", "--config", str(config)]
        daemon.start([*command, "--journal", str(journal)])
        try:
            yield System(daemon.process.pid, _OUR_PORT, _OUR_RTP, journal)
        finally:
            daemon.stop()


@contextmanager
def dialplan() -> Iterator[System]:
    """Asterisk, with bench/asterisk/extensions.conf."""
    root = asterisk_root()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=root / "srv") as name:
        sounds = Path(name)
        _write_sounds(sounds)
        with Asterisk(root, _configuration(f"/{sounds.relative_to(root)}"), verbosity=0) as pbx:
            yield System(pbx.pid, _PBX_PORT, _PBX_RTP)


SYSTEMS: dict[str, Callable[[], AbstractContextManager[System]]] = {"service": service, "dialplan": dialplan}


def _configuration(sounds: str) -> dict[str, str]:
    first, last = _PBX_RTP
    values = {"sounds": sounds, "sip_port": _PBX_PORT, "rtp_first": first, "rtp_last": last}
    conf = {file.name: _Conf(file.read_text(encoding="utf-8")).substitute(values) for file in _CONF.iterdir()}
    load = "".join(f"\nload = {module}.so" for module in _MODULES)
    return {**conf, "modules.conf": render(Settings())["modules.conf"] + load}


def _write_sounds(folder: Path) -> None:
    """The prompts of `general` by name, and silences of the length of its waits, as 16-bit WAV."""
    rendered = RenderedSet(data_folder("prompts") / "audio")
    for utterance in shipped_lines(["general"])[0].utterances():
        if utterance.text:
            soundfile.write(folder / f"{utterance.name}.wav", rendered.read(utterance.text), RATE)
    for wait in _WAITS_S:
        soundfile.write(folder / f"wait-{wait}.wav", np.zeros(wait * RATE, np.int16), RATE)
