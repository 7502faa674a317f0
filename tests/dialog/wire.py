"""What carrying out a call's commands would do; it complains of those that make no sense."""

from __future__ import annotations

from ivr.dialog import commands as do
from ivr.standards.model import Standard

PROMPT_S = 3.0
ANNOUNCED = {"silence", "no_choice", "goodbye"}
"""Ends that a ladder announces: the pause behind the last prompt must have passed."""


class Wire:
    """What carrying out the commands would do, and whether they make sense."""

    def __init__(self, standard: Standard) -> None:
        self.standard = standard
        self.playing = self.paused = self.recording = self.hung_up = False
        self.caller_speaks = self.insisted = self.held = self.consulting = False
        self.playback, self.ends, self.fell_silent, self.turn = 0, 0.0, 0.0, 0
        self.inquiry, self.asked = 0, False

    def carry_out(self, command: do.Command, now: float) -> None:
        assert not self.hung_up, f"{command} after the end"
        match command:
            case do.Play(playback=number, utterances=said, at=at):
                assert not self.playing, "two prompts at once"
                assert not self.held, "a prompt into the far side's hold"
                assert number == self.playback + 1
                wording = [self.standard.wording[utterance.name] for utterance in said]
                if self.caller_speaks and all(words.interruptible and words.kind != "music" for words in wording):
                    assert self.insisted, f"{said} while the caller speaks"
                self.playing, self.paused, self.playback = True, False, number
                self.ends = max(now, at) + PROMPT_S
            case do.PausePlayback():
                assert self.playing
                self.paused = True
            case do.ResumePlayback():
                assert self.playing
                assert not self.held, "a prompt into the far side's hold"
                self.paused, self.ends = False, max(self.ends, now)
            case do.StopPlayback():
                assert self.playing
                self.playing, self.fell_silent = False, now
            case do.Listen(turn=turn):
                assert turn in (0, self.turn + 1) or self.turn == 0
                self.turn = turn or self.turn
            case do.SetVoice(gain_db=gain_db, tempo=tempo):
                assert 0 <= gain_db <= 18
                assert 0.5 <= tempo <= 1
            case do.StartRecording():
                assert not self.recording
                self.recording = True
            case do.StopRecording():
                assert self.recording
                self.recording = False
            case do.Consult() | do.HandOver() | do.Dismiss():
                self.consult(command)
            case do.Inquire() | do.Withdraw():
                self.inquire(command)
            case do.HangUp(reason=reason):
                assert not self.asked, "somebody is asked for a caller who is gone"
                assert not self.recording
                assert not self.consulting, "somebody is rung for a caller who is gone"
                assert not self.held or reason in {"far_hold", "media_lost", "transferred", "no_ack"}
                assert reason not in ANNOUNCED or now >= self.fell_silent + 2.0 - 1e-6, "hung up without its pause"
                self.hung_up = True

    def consult(self, command: do.Consult | do.HandOver | do.Dismiss) -> None:
        assert isinstance(command, do.Consult) != self.consulting, "one line to one ear"
        self.consulting = not isinstance(command, do.Dismiss)

    def inquire(self, command: do.Inquire | do.Withdraw) -> None:
        assert isinstance(command, do.Inquire) != self.asked, "one question at a time"
        self.asked = not self.asked
        self.inquiry += self.asked
        assert command.inquiry == self.inquiry
