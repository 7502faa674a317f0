"""A streaming recogniser has its words by the time the end of the turn is certain: shown with the Korean Vosk model.

Any machine can have that model. Callers speak Korean at the same time and in real time; voice activity and recognition
are those of a worker, the decoder is the process that a worker has. What is measured is when the last words are there,
against the pause that ends a turn: an answer can follow the pause within `GOAL_S` if they are not later than that.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from bench.hearing import conditions
from bench.hearing.conditions import CLEAN
from bench.hearing.corpus import foreigners
from bench.hearing.report import Report
from bench.hearing.score import percentiles
from bench.hearing.tables import seconds, table
from ivr.audio import FRAME_BYTES, FRAME_S
from ivr.dialog.events import Recognized, SpeechEnded
from ivr.speech.activity import VoiceActivity
from ivr.speech.engine import Choice
from ivr.speech.models import load_models
from ivr.speech.recognition import Recognition
from ivr.speech.recognizers import found_in
from ivr.standards.model import Limits

GOAL_S = 0.15
"""After the pause that ends a turn (issue 3)."""
_LANGUAGE = "Korean"
_ROUNDS = (("8 at once, of a decoder just started", 8), ("1", 1), ("4 at once", 4), ("8 at once", 8))
_READY_S = 60.0
_PATIENCE_S = 10.0
_COVERS_S = 0.05


def run(report: Report) -> None:
    """When the last words are there, by number of callers who speak at the same time."""
    choice = _korean()
    if choice is None:
        report.say("no streaming recogniser: no Vosk model of Korean on this machine → ivr models pull")
        return
    clips = [clip for clip in foreigners() if clip.origin == _LANGUAGE and "espeak" in clip.speaker]
    voices = [conditions.call(clip, CLEAN).tobytes() for clip in clips]
    pause_s = Limits().complete_s
    rows = []
    recognition = Recognition(choice)
    try:
        _get_ready(recognition)
        for name, number in _ROUNDS:
            waits = list(_words_after(recognition, voices[:number]))
            late = [max(0.0, wait - pause_s) for wait in waits]
            report.note("streaming", name, {"words_after_s": waits, "beyond_the_pause_s": late})
            cells = [*map(seconds, percentiles(waits, 50, 90, 100)), seconds(max(late))]
            rows.append((name, cells))
    finally:
        recognition.close()
    title = f"last words after the last voiced sample, {choice.name}"
    report.say(table(title, ["p50", "p90", "max", f"beyond a pause of {pause_s:g} s (goal {GOAL_S:g} s)"], rows))


def _korean() -> Choice | None:
    models = (model for model in load_models().values() if (model.engine, model.language) == ("vosk", "ko"))
    return next((found_in(model.root) for model in models if not model.missing()), None)


def _get_ready(recognition: Recognition) -> None:
    until = time.monotonic() + _READY_S
    while not recognition.ready and time.monotonic() < until:
        recognition.process({}, [])
        time.sleep(FRAME_S)


def _words_after(recognition: Recognition, calls: Sequence[bytes]) -> Iterator[float]:
    """Seconds from each caller's last voiced sample to the words that cover it."""
    ears = VoiceActivity(len(calls))
    for stream in range(len(calls)):
        ears.add(stream)
        recognition.add(stream)
        recognition.listen(stream, 1, "text", ())
    last_voiced, covered = np.full(len(calls), -np.inf), np.full(len(calls), -np.inf)
    there = np.full(len(calls), np.nan)
    began = time.monotonic()
    patience = max(map(len, calls)) + round(_PATIENCE_S / FRAME_S) * FRAME_BYTES
    for at in range(0, patience, FRAME_BYTES):
        time.sleep(max(0.0, began + (at // FRAME_BYTES + 1) * FRAME_S - time.monotonic()))
        audio = {n: pcm[at : at + FRAME_BYTES] for n, pcm in enumerate(calls) if len(pcm) > at}
        if not audio and (covered >= last_voiced - _COVERS_S).all():
            break
        heard = ears.process(audio)
        for stream, _, event in [*heard, *recognition.process(audio, heard)]:
            match event:
                case SpeechEnded():
                    last_voiced[stream] = event.last_voiced
                case Recognized(final=True) if event.until > covered[stream]:
                    covered[stream], there[stream] = event.until, time.monotonic() - began
    for stream in range(len(calls)):
        recognition.remove(stream)
    yield from np.where(covered >= last_voiced - _COVERS_S, there - covered, np.inf).tolist()
