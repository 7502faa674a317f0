"""The best peer under the same callers: pipecat's own voice activity, Whisper service and end of turn.

Runs in a virtual environment of its own, as ``python pipecat_agent.py PLAN``; `PLAN` is a JSON file of ::

    {"model": "folder", "rounds": [["one.wav", "two.wav"], ["three.wav"]]}

Each round is a number of callers who speak at the same time, a recording each (16 kHz, 16 bit, mono), into a pipeline
each. Whatever would answer, stands ready: instead of a language model and a voice there is a note of the time. So
what is measured is the hearing alone, without a network, a jitter buffer or a telephone between. One line of JSON a
caller: ``{"reply_s": …, "text": …}``, seconds from the last audible sample.
"""

# mypy: disable-error-code="import-not-found, misc, untyped-decorator, unused-ignore"
# pipecat is not installed where this is checked

from __future__ import annotations

import asyncio
import json
import sys
import time
import wave
from pathlib import Path
from typing import Any

import numpy as np
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import Frame, InputAudioRawFrame, LLMContextFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair, LLMUserAggregatorParams
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.whisper.stt import WhisperSTTService
from pipecat.transcriptions.language import Language
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

RATE = 16000
FRAME_S = 0.02
LEAD_S, PATIENCE_S = 1.0, 15.0
AUDIBLE = 32768 * 10 ** (-40 / 20)


class Answer(FrameProcessor):
    """In place of the language model: notes when it would have been asked, and with what words."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: asyncio.Future[tuple[float, str]] = asyncio.get_running_loop().create_future()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Of the first turn that is over; later ones come too late."""
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMContextFrame) and not self.asked.done():
            said = [str(each["content"]) for each in frame.context.get_messages() if each["role"] == "user"]
            self.asked.set_result((time.monotonic(), " ".join(said)))
        await self.push_frame(frame, direction)


class Caller:
    """One call: a pipeline, and a recording that is spoken into it."""

    def __init__(self, file: str, model: str) -> None:
        with wave.open(file) as recording:
            assert recording.getframerate() == RATE
            self._voice = np.frombuffer(recording.readframes(recording.getnframes()), "<i2")
        self._answer = Answer()
        whisper = WhisperSTTService(
            compute_type="int8", settings=WhisperSTTService.Settings(model=model, language=Language.ZH)
        )
        ears = LLMUserAggregatorParams(
            vad_analyzer=SileroVADAnalyzer(),
            user_turn_strategies=UserTurnStrategies(stop=[SpeechTimeoutUserTurnStopStrategy()]),
        )
        context = LLMContextAggregatorPair(LLMContext(), user_params=ears)
        self.worker = PipelineWorker(Pipeline([whisper, context.user(), self._answer]), enable_rtvi=False)

    async def talk(self, begin: float) -> dict[str, Any]:
        """Speak from `begin` on, and wait for the answer."""
        step = round(RATE * FRAME_S)
        audio = np.concatenate([np.zeros(round(LEAD_S * RATE), np.int16), self._voice])
        last = int(np.flatnonzero(np.abs(audio) > AUDIBLE)[-1]) / RATE
        at = 0
        while not self._answer.asked.done() and at / RATE < last + PATIENCE_S:
            await asyncio.sleep(max(0.0, begin + (at + step) / RATE - time.monotonic()))
            piece = audio[at : at + step]
            frame = np.pad(piece, (0, step - len(piece))).tobytes()
            await self.worker.queue_frame(InputAudioRawFrame(frame, RATE, 1))
            at += step
        if not self._answer.asked.done():
            return {"reply_s": None, "text": ""}
        asked, text = self._answer.asked.result()
        return {"reply_s": asked - (begin + last), "text": text}


async def together(files: list[str], model: str) -> list[dict[str, Any]]:
    """All of a round, speaking at the same time."""
    callers = [Caller(file, model) for file in files]
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(*(caller.worker for caller in callers))
    running = asyncio.ensure_future(runner.run())
    await asyncio.sleep(1.0)  # every pipeline has started
    begin = time.monotonic()
    found = await asyncio.gather(*(caller.talk(begin) for caller in callers))
    await runner.cancel()
    await running
    return list(found)


async def main(plan: dict[str, Any]) -> None:
    """Round after round."""
    logger.remove()
    for files in plan["rounds"]:
        for answer in await together(files, plan["model"]):
            print(json.dumps(answer, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
