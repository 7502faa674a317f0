"""Voice activity of all the calls of a process, in one batch a tick.

For each 20 ms frame, of all calls at once: the level against the noise floor (`gate`), keys (`dtmf`) where the gate is
open, and, on calls that are awake and have another 32 ms complete, Silero's verdict (`chunks`). What that means for
the caller's speech is one small machine a call (`segment`). Silence costs an average and a comparison.

Time is counted in received samples of each call, so the answer depends on the audio alone: not on how it was cut into
ticks, nor on which other calls share them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from ivr.audio import FRAME, FRAME_BYTES, RATE
from ivr.dialog.events import Event, KeyPressed, SpeechConfirmed, SpeechEnded, SpeechRejected
from ivr.speech.chunks import Chunks, Judged
from ivr.speech.dtmf import HISTORY, KeyDetector
from ivr.speech.echo import Echo
from ivr.speech.faint import FaintVoice
from ivr.speech.gate import Bools, Floats, Gate, Rows, levels, powers
from ivr.speech.level import SILENT
from ivr.speech.offset import Offset
from ivr.speech.segment import Chunk, Segmenter
from ivr.speech.silero import CHUNK

_KEY_TAIL = 400  # samples after a key that are not judged
_VOICED = 0.35
_VOICED_OVER_ECHO = 0.5
_VOICED_FAINT = 0.5
_NEAR_DBOV = -52.0
_FAINTEST_DBOV = -64.0  # below it A-law leaves nothing of a voice
_SOFTER_DB = 6.0  # by which speech that has begun may sink
_BELOW_CALLER_DB = 16.0  # people in the background are softer than the caller
_FAR_BELOW_CALLER_DB = 24.0  # and so far below nobody can be the caller, too faint or not
_LOUD_DB = 8.0  # below the caller's level; anything louder is speech as long as nothing speaks against it


class Heard(NamedTuple):
    """Something heard on one call."""

    stream: int
    at: float
    """When it was decided, in seconds of that stream's received audio."""
    event: Event


class VoiceActivity:
    """Speech and keys on up to `capacity` calls at once; one a process, for one thread.

    Near speech: `SpeechOnset`, then `SpeechConfirmed` or `SpeechRejected`; after the former a `SpeechPaused` for each
    pause and at last `SpeechEnded`; their `last_voiced` is in seconds of the stream's received audio, as `Heard.at` is.
    Speech too faint to be near: `FaintSpeech`. Keys: `KeyPressed`, once a key.
    """

    def __init__(self, capacity: int = 256) -> None:
        self._row: dict[int, int] = {}
        self._free = list(range(capacity))[::-1]
        self._stream = [0] * capacity
        self._segment = [Segmenter() for _ in range(capacity)]
        self._faint = [FaintVoice() for _ in range(capacity)]
        self._offset = Offset(capacity)
        self._echo = Echo(capacity)
        self._gate = Gate(capacity)
        self._keys = KeyDetector(capacity)
        self._chunks = Chunks(capacity)
        self._muted = np.zeros(capacity, np.bool_)
        self._judging = np.zeros(capacity, np.bool_)
        self._confirmed = np.zeros(capacity, np.bool_)
        self._pending = np.zeros(capacity, np.bool_)
        self._caller = np.zeros(capacity, np.float32)
        self._loud = np.zeros(capacity, np.float32)
        self._key_until = np.zeros(capacity, np.int64)

    def add(self, stream: int) -> None:
        """Begin to listen to a stream; its received audio starts at 0 s.

        Raises:
            ValueError: the stream is listened to already, or as many as there is room for are.
        """
        if stream in self._row or not self._free:
            raise ValueError(f"stream {stream} cannot be added to the {len(self._row)} that are listened to")
        row = self._row[stream] = self._free.pop()
        self._stream[row], self._segment[row], self._faint[row] = stream, Segmenter(), FaintVoice()
        for part in (self._offset, self._echo, self._gate, self._keys, self._chunks):
            part.reset(row)
        for each in (self._muted, self._judging, self._confirmed, self._pending, self._key_until):
            each[row] = 0
        self._caller[row], self._loud[row] = SILENT, np.inf

    def remove(self, stream: int) -> None:
        """Stop listening to a stream."""
        self._free.append(self._row.pop(stream))

    def mute_inband(self, stream: int) -> None:
        """Do not look for keys in the audio: this stream sends them as RFC 4733 events."""
        self._muted[self._row[stream]] = True

    def expect(self, stream: int, short: bool) -> None:
        """What was asked wants a word or two for an answer: 130 ms of voice are speech then, if they are sure."""
        self._segment[self._row[stream]].short = short

    def level(self, stream: int) -> float:
        """Active speech level of the caller so far, dBov; `ivr.speech.level.SILENT` until speech was confirmed."""
        return self._segment[self._row[stream]].caller.level

    def process(self, audio: Mapping[int, bytes], speaking: Collection[int] = ()) -> list[Heard]:
        """Hear what is new on each stream: little-endian 16-bit mono, 8 kHz, any number of whole 20 ms frames.

        `speaking` names the streams on which our own voice is playing, whose echo must not pass for the caller's.
        """
        ours = [self._row[stream] for stream in speaking if stream in self._row]
        self._echo.speaking(ours, self._chunks.received[ours])
        heard: list[Heard] = []
        for start in range(0, max(map(len, audio.values()), default=0), FRAME_BYTES):
            pieces = {stream: pcm[start : start + FRAME_BYTES] for stream, pcm in audio.items() if len(pcm) > start}
            rows = np.array([self._row[stream] for stream in pieces])
            frames = np.frombuffer(b"".join(pieces.values()), "<i2").reshape(-1, FRAME).astype(np.float32)
            heard += self._hear(rows, frames)
        return heard

    def _hear(self, rows: Rows, frames: Floats) -> list[Heard]:
        self._offset.remove(rows, frames)
        level = levels(frames)
        opened = self._gate.opened(rows, level, self._begun(rows) | self._pending[rows])
        self._chunks.take(rows, frames, opened, self._gate.floor)
        keys = self._hear_keys(rows[(opened | self._keys.busy(rows)) & ~self._muted[rows]])
        due = self._chunks.due(rows)
        return keys + (self._hear_speech(due) if len(due) else [])

    def _hear_keys(self, rows: Rows) -> list[Heard]:
        if not len(rows):
            return []
        received = self._chunks.received
        rows = rows[self._keys.likely(rows, self._chunks.recent(rows, received[rows], FRAME))]
        pressed = self._keys.hear(rows, self._chunks.recent(rows, received[rows], HISTORY))
        down = rows[self._keys.busy(rows)]
        self._key_until[down] = received[down] + _KEY_TAIL
        return [Heard(self._stream[row], int(received[row]) / RATE, KeyPressed(key)) for row, key in pressed]

    def _hear_speech(self, due: Rows) -> list[Heard]:
        judged = self._chunks.judge(due, self._loud[due], self._faint_below(due))
        voiced, faint = self._is_voiced(judged), self._is_faint(judged)
        matters = voiced | faint | self._begun(judged.rows) | self._pending[judged.rows]
        chunks = map(
            Chunk,
            ((judged.end[matters] - CHUNK) / RATE).tolist(),
            (judged.end[matters] / RATE).tolist(),
            (judged.sounding_until[matters] / RATE).tolist(),
            judged.probability[matters].tolist(),
            voiced[matters].tolist(),
            faint[matters].tolist(),
            judged.level[matters].tolist(),
            powers(judged.level[matters]).tolist(),
            self._gate.floor[judged.rows[matters]].tolist(),
        )
        heard = (self._tell(row, chunk) for row, chunk in zip(judged.rows[matters].tolist(), chunks, strict=True))
        return [each for each in heard if each]

    def _begun(self, rows: Rows) -> Bools:
        begun: Bools = self._judging[rows] | self._confirmed[rows]
        return begun

    def _is_voiced(self, judged: Judged) -> Bools:
        """Speech, near, and neither a key nor our own echo; what has begun may go on more softly."""
        rows = judged.rows
        begun = self._begun(rows)
        over = ~begun & self._echo.over(rows, judged.end)
        likely = judged.probability >= np.where(over, _VOICED_OVER_ECHO, _VOICED)
        near = np.maximum(self._caller[rows] - _BELOW_CALLER_DB, np.where(over, self._echo.near(rows), _NEAR_DBOV))
        voiced: Bools = (
            likely & (judged.level >= near - _SOFTER_DB * begun) & (judged.end - CHUNK >= self._key_until[rows])
        )
        return voiced

    def _faint_below(self, rows: Rows) -> Floats:
        """Level below which a voice would be faint, dBov; minus infinity where it would be our echo or what goes on."""
        nobody = ~self._confirmed[rows] & ~self._echo.over(rows, self._chunks.received[rows])
        near = _NEAR_DBOV + _SOFTER_DB * self._judging[rows]
        return np.where(nobody, near, -np.inf).astype(np.float32)

    def _is_faint(self, judged: Judged) -> Bools:
        """Speech that is not near, but no softer either than the background of a caller who is."""
        rows = judged.rows
        likely = (judged.probability >= _VOICED_FAINT) & (judged.end - CHUNK >= self._key_until[rows])
        background = np.maximum(self._caller[rows] - _FAR_BELOW_CALLER_DB, _FAINTEST_DBOV)
        faint: Bools = likely & (judged.level >= background) & (judged.level < self._faint_below(rows))
        return faint

    def _tell(self, row: int, chunk: Chunk) -> Heard | None:
        segment, faint = self._segment[row], self._faint[row]
        event = segment.hear(chunk)
        if event:
            self._follow(row, segment, event)
        if not segment.confirmed:  # a voice on the verge of near is faint if it comes to nothing more
            faint.hear(chunk, segment.spoke_until)
            event = event or faint.tell(chunk)
        self._pending[row] = faint.pending
        return Heard(self._stream[row], chunk.end, event) if event else None

    def _follow(self, row: int, segment: Segmenter, event: Event) -> None:
        """What is new of the caller's speech, for the chunks to come."""
        self._judging[row], self._confirmed[row] = segment.judging, segment.confirmed
        self._caller[row] = segment.caller.level
        self._loud[row] = segment.caller.level - _LOUD_DB if segment.confirmed else np.inf
        match event:
            case SpeechConfirmed():
                self._faint[row].forget()
            case SpeechRejected():
                self._echo.stopped(row, segment.last_voiced, event.level, confirmed=False)
            case SpeechEnded():
                self._echo.stopped(row, segment.last_voiced, event.level, confirmed=True)
