"""The state table of a call.

Why a table: a telephone call is a hundred small questions of the form "what if *this* happens just *then*?" A table
answers each once, can be drawn, and can be checked; code that asks `if` answers some twice and some never. So every
transition of a call stands below, `transitions` runs it, and `ivr graph` draws it.

Why a hierarchy: greeting, conversation and closing differ in what they mean (may the caller be let go? was goodbye
said?) but not in how they run. How they run is the *ladder*: say, wait, and say again, unless the caller does
something. It is written once and stands in each of the three as its inside.

Why no timers here: a state has a deadline, and that is a number on the sample clock, set on entering it. Whoever
owns the clock says when it has come. Thus the table obeys real audio, virtual time, and a test alike.

A row is ``trigger, sources, destination`` and then what must hold (`conditions`) and what is done (`after`); of rows
with the same trigger and source the first that holds is taken. Names that begin with an underscore are methods of
`Call`. An event without a row means nothing in that state.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def _row(trigger: str, source: str | list[str], dest: str | None, **more: Any) -> Row:  # noqa: ANN401 - passed through to an untyped library
    return {"trigger": trigger, "source": source, "dest": dest} | more


_SAYING = {"name": "saying", "on_enter": "_start_saying"}
_PAUSED = {"name": "paused", "on_enter": "_start_pause"}  # a sound while we spoke: our voice rests until it is judged
_HELD = {"name": "held", "on_enter": "_start_held"}

LADDER_STATES = [
    _SAYING,
    _PAUSED,
    {"name": "waiting", "on_enter": "_start_waiting"},
    {"name": "judging", "on_enter": "_start_judging"},  # a sound while we waited: nothing falls due until it is judged
    {"name": "listening", "on_enter": "_start_listening"},
    {"name": "pausing", "on_enter": "_start_pausing"},  # the caller stopped; is the turn over, or was it a breath?
    {"name": "recognizing", "on_enter": "_start_recognizing"},  # the turn is over, its last words are still being read
    {"name": "keying", "on_enter": "_start_keying"},  # a number is being entered
    _HELD,
]
_TURNS = ["waiting", "judging", "listening", "pausing", "recognizing", "keying"]
_ANY = ["saying", "paused", *_TURNS]

LADDER = [
    # our turn
    _row("said", "saying", "listening", conditions="_caller_speaks", before="_fell_silent"),
    _row("said", "saying", "judging", conditions="_sound_unjudged", before="_begin_wait"),
    _row("said", "saying", "waiting", before="_begin_wait"),
    _row("due", "saying", "waiting", before=["_stop_voice", "_begin_wait"]),
    _row("onset", "saying", "paused", conditions="_rests"),
    _row("confirmed", ["saying", "paused"], "listening", conditions="_interruptible", before="_stop_voice"),
    _row("rejected", "paused", "saying"),
    _row("due", "paused", "saying"),
    _row("yield_turn", "saying", "listening"),
    _row("stand_by", "saying", "held"),
    # nobody's turn
    _row("due", ["waiting", "judging"], None, conditions="_inaudible", after="_turn_over"),
    _row("due", ["waiting", "judging"], None, conditions="_reply_is_here", after="_on_reply"),
    _row("replied", "waiting", None, conditions="_reply_is_here", after="_on_reply"),
    _row("due", ["waiting", "judging"], "saying", conditions="_step_left", before="_next_step"),
    _row("due", ["waiting", "judging"], None, after="_last_act"),
    _row("onset", "waiting", "judging"),
    _row("rejected", "judging", "waiting"),
    _row("confirmed", ["waiting", "judging"], "listening"),
    _row("faint", "waiting", None, conditions=["_inaudible", "_fell_faintly_silent"], after="_turn_over"),
    # the caller's turn
    _row("ended", "listening", "pausing"),
    _row("rejected", "listening", "pausing"),
    _row("onset", ["pausing", "recognizing"], "listening"),
    _row("confirmed", ["pausing", "recognizing"], "listening"),
    _row("confirmed", "keying", "listening", before="_keep_typed"),
    _row("recognized", "pausing", None, after="_start_pausing"),  # what was said tells how long to wait
    _row("said", "listening", None, after="_acknowledged"),
    _row("said", "pausing", None, after="_acknowledged"),
    _row("due", "listening", "saying", conditions="_owes_prompt", before="_insist_now"),
    _row("due", "listening", None, after="_turn_too_long"),
    _row("due", "pausing", None, conditions="_acknowledges", after="_acknowledge"),
    _row("due", "pausing", "recognizing", conditions="_awaits_words"),
    _row("due", "pausing", None, after="_turn_over"),
    _row("recognized", "recognizing", "pausing", conditions="_acknowledges"),  # they say that there is more to come
    _row("recognized", "recognizing", None, conditions="_words_are_here", after="_turn_over"),
    _row("due", "recognizing", None, after="_turn_over"),
    # keys
    _row("key", _ANY, None, after="_on_key"),
    _row("type", _ANY, "keying"),
    _row("due", "keying", None, after="_keys_over"),
    # at any time
    _row("say_again", _ANY, "saying"),
    _row("climb", _ANY, "waiting"),
    _row("hold", _ANY, "held", before="_suspend"),
    _row("resume", "held", "saying", conditions="_was_saying", before="_take_up"),
    _row("resume", "held", "pausing", conditions="_was_listening", before="_take_up"),
    _row("resume", "held", "waiting", before="_take_up"),
    _row("due", "held", None, after="_held_too_long"),
]

PHASES = ["greeting", "conversation", "closing"]
CONNECTED = [*PHASES, "transferring", "holding", "recording"]


def _ladder(name: str) -> dict[str, Any]:
    return {"name": name, "initial": "saying", "children": LADDER_STATES, "transitions": LADDER}


def _announced(name: str, states: list[dict[str, str]], rows: list[Row]) -> dict[str, Any]:
    """A phase that says what comes, and then enters the first of its `states`; whoever speaks has heard enough."""
    first = states[0]["name"]
    return {
        "name": name,
        "initial": "saying",
        "children": [_SAYING, _PAUSED, *states, _HELD],
        "transitions": [
            _row("said", "saying", first),
            _row("due", "saying", first, before="_stop_voice"),
            _row("onset", "saying", "paused"),
            _row("rejected", "paused", "saying"),
            _row("due", "paused", "saying"),
            _row("confirmed", ["saying", "paused"], first, before="_stop_voice"),
            _row("yield_turn", "saying", first),
            _row("stand_by", "saying", "held"),
            _row("hold", ["saying", "paused"], "held", before="_suspend"),
            _row("resume", "held", "saying", before="_take_up"),
            _row("due", "held", None, after="_held_too_long"),
            *rows,
        ],
    }


STATES: list[Any] = [
    "idle",
    {"name": "alerting", "on_enter": "_start_alerting"},
    {"name": "answering", "on_enter": "_start_answering"},
    {"name": "dialling", "on_enter": "_start_dialling"},
    *(_ladder(name) for name in PHASES),
    _announced(
        "transferring",
        [{"name": "referring", "on_enter": "_start_referring"}],
        [
            _row("due", "referring", None, after="_transfer_failed"),
            _row("progress", "referring", None, conditions="_is_taken_over", after="_transferred"),
            _row("progress", "referring", None, conditions="_is_refused", after="_transfer_failed"),
        ],
    ),
    _announced(
        "holding",
        [
            {"name": "resting", "on_enter": "_start_resting"},  # the caller waits, somebody is rung
            {"name": "handing", "on_enter": "_start_handing"},  # who answered takes the call over
            {"name": "returning", "on_enter": "_start_returning"},  # nothing is said before media flows again
        ],
        [
            _row("said", ["resting", "handing"], None, after="_play_music"),
            _row("hold", ["resting", "handing"], None, after="_stop_voice"),
            _row("resume", ["resting", "handing"], None, after="_play_music"),
            _row("key", ["saying", "paused"], None, after="_on_key"),
            _row("key", "resting", None, after="_rather_not_wait"),
            _row("recognized", "resting", None, after="_heard_while_waiting"),
            _row("target", "resting", "handing", conditions="_target_answers"),
            _row("target", "resting", None, conditions="_target_is_gone", after="_nobody_to_talk_to"),
            _row("due", "resting", None, after="_waited_too_long"),
            _row("progress", "handing", None, conditions="_is_taken_over", after="_transferred"),
            _row("progress", "handing", None, conditions="_is_refused", after="_handing_failed"),
            _row("due", "handing", None, after="_handing_failed"),
            _row("come_back", ["resting", "handing"], "returning"),
            _row("taken_back", "returning", None, after="_back_again"),
            _row("due", "returning", None, after="_back_again"),
        ],
    ),
    {
        "name": "recording",
        "initial": "saying",
        "children": [
            _SAYING,
            {"name": "taking", "on_enter": "_start_taking"},
            _HELD,
        ],
        "transitions": [
            _row("said", "saying", "taking"),
            _row("due", "saying", "taking", before="_stop_voice"),
            _row("yield_turn", "saying", "taking"),
            _row("stand_by", "saying", "held"),
            _row("onset", "taking", None, after="_await_more"),
            _row("confirmed", "taking", None, after="_await_more"),
            _row("rejected", "taking", None, after="_await_more"),
            _row("ended", "taking", None, after="_await_more"),
            _row("recognized", "taking", None, after="_words_of_message"),
            _row("due", "taking", None, after="_message_over"),
            _row("key", "taking", None, conditions="_ends_message", after="_message_over"),
            _row("key", ["saying", "taking"], None, after="_on_key"),
            _row("failed", "taking", None, after="_message_failed"),
            _row("hold", ["saying", "taking"], "held", before="_suspend"),
            _row("resume", "held", "saying", conditions="_was_saying", before="_take_up"),
            _row("resume", "held", None, after="_message_over"),
            _row("due", "held", None, after="_held_too_long"),
        ],
    },
    {"name": "ending", "on_enter": "_start_ending"},
    {"name": "ended", "on_enter": "_start_ended"},
]

TABLE = [
    _row("invite", "idle", "alerting"),
    _row("dial", "idle", "dialling"),
    _row("due", "alerting", "answering"),
    _row("connect", ["alerting", "answering", "dialling"], "greeting", before="_open"),
    _row("due", "answering", "ending", before="_never_acknowledged"),
    _row("due", "dialling", "ending", before="_nobody_answers"),
    # acts: what a key, a turn or the end of a ladder leads to
    _row("converse", CONNECTED, "conversation"),
    _row("close", CONNECTED, "closing"),
    _row("refer", CONNECTED, "transferring"),
    _row("put_on_hold", CONNECTED, "holding"),
    _row("take_message", CONNECTED, "recording"),
    _row("finish", ["alerting", "answering", "dialling", *CONNECTED], "ending"),
    # the far side, or the wire, ends it
    _row("hung_up", ["idle", "alerting", "answering", "dialling", *CONNECTED, "ending"], "ended", before="_far_end"),
    _row("lost", ["answering", *CONNECTED], "ending", before="_on_media_lost"),
    _row("due", "ending", "ended"),
]
