"""Explores every place that calls by a standard can come to, by the real core and in no time at all.

Breadth first: from each place that was not seen before everything is tried that leads on there, and what was seen is
kept, so that any place can be gone on from. A place is a menu, an errand, or what a call is made for.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.known import Known
from ivr.standards.acts import Act
from ivr.standards.expand import keyed, menu_of
from ivr.standards.hours import Hours
from ivr.standards.house import House
from ivr.standards.library import Library, shipped_folders
from ivr.standards.model import Standard
from ivr.standards.said import Expects
from ivr.standards.ways import reached
from ivr.understanding.knowledge import Knowledge
from tests.dialog.helpers import Driver

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
NONSENSE = "咕噜咕噜哗啦啦"
ANSWERS: dict[Expects, str] = {
    "digits": "一二三四五六",
    "id_tail": "一二三四",
    "phone": "一三八零零一三八零零零",
    "waybill": "七七三零一二三四五六七八",
    "name": "我叫王小明，先生",
    "time": "下午三点",
    "date": "三月一号",
    "money": "一百块",
    "text": "上海市静安区",
    "yes_no": "是的",
}
INSISTS = 5
ASKED = ("保价怎么收费", "怎么开发票", "怎么拦截快递")
"""What the house knows: an answer to be heard, one to be written down, and one for whoever proves who they are."""
ALSO_SAID = ("真的受不了了，岂有此理", "一下我的投诉", "查话费，报故障，还要投诉")
"""Upset; perhaps this; this and that."""
Place = tuple[str, str]
"""The section of the standard, and the name of the block."""
Move = Callable[[Driver], object]


def place(driver: Driver) -> Place:
    """Where a call is."""
    call = driver.call
    if call.ended:
        return "end", call.outcome
    for section in ("transfer", "hold", "recording"):
        for name, block in getattr(call.standard, section).items():
            if block is call._block:
                return section, name
    return "menu", call.snapshot.menu


def fork(driver: Driver) -> Driver:
    """The same call once more; what happens to one does not happen to the other."""
    other = copy.copy(driver)
    shared = {id(each): each for each in (driver.call.standard, driver.call.house)}
    other.call, other.asked = copy.deepcopy(driver.call, shared), list(driver.asked)
    return other


def settle(driver: Driver) -> Driver:
    """Let us finish what we are saying."""
    while driver.call._playing and place(driver)[0] != "hold":
        driver.said()
    return driver


def beginnings(standard: Standard) -> Iterator[Driver]:
    """Calls at their beginning, or some way on where what counts lies behind them."""
    yield incoming(standard)
    yield having(incoming(standard), ("网站打不开",))  # something was promised
    yield having(incoming(standard, House(asks_rating=True)), ("再见",))
    yield having(incoming(standard, owed=tuple(standard.promise)), ("我要投诉",))
    yield incoming(standard, House(hours=Hours(("08:00-09:00",))))
    yield incoming(standard, headers={"x-returned": "1"})
    yield incoming(standard, known=Known("help", {}, drops=1))
    yield having(incoming(standard, known=Known("supervisor_away", {}, drops=1), caller=None), ("是的",))
    knowledge = Knowledge(Library(*shipped_folders()).entries)
    for question in ASKED:
        yield having(incoming(standard, House(knowledge=knowledge)), (question,))
    ways = reached(standard)
    for name, form in standard.form.items():
        if ("menu", menu_of(name, form.slots[0])) not in ways:
            continue  # this house took away the wish that leads there
        elsewhere = {menu.slot for menu in standard.menu.values() if menu.form != name}
        if elsewhere & set(form.slots):  # what is known already it asks only whoever was cut off in it
            stopped = Known(menu_of(name, form.slots[0]), drops=1)
            yield having(incoming(standard, known=stopped), ("是的",))
    for reason in standard.outbound:
        driver = Driver(standard, words=True)
        driver.tell(ev.Dialled("13800138000", NOW, reason, Known("help", {"name": "王先生"}, 1)))
        driver.tell(ev.Connected(), 3.0)
        yield settle(driver)


def having(driver: Driver, said: tuple[str, ...]) -> Driver:
    """The call after this was said."""
    for text in said:
        driver.say(text)
        settle(driver)
    return driver


def incoming(  # noqa: PLR0913, PLR0917 - how a call may begin
    standard: Standard,
    house: House | None = None,
    known: Known | None = None,
    owed: tuple[str, ...] = (),
    headers: dict[str, str] | None = None,
    caller: str | None = "13800138000",
) -> Driver:
    """A caller who has heard how we answer."""
    driver = Driver(standard, house, words=True)
    driver.tell(ev.Invited("4001", caller, NOW, headers=headers or {}))
    driver.tell(ev.Remembered(known or Known(), owed))
    driver.due()
    driver.tell(ev.Connected())
    return settle(driver)


def explore(standard: Standard) -> dict[Place, Driver]:
    """Every place that a call came to, with a call that is there and waits."""
    seen: dict[Place, Driver] = {}
    known: set[tuple[Place, str]] = set()
    begun = list(beginnings(standard))
    todo = deque(begun)
    while todo:
        driver = todo.popleft()
        here, behind = place(driver), _passes_gate_for(driver)
        if here[0] == "end" or ((here, behind) in known and driver not in begun):
            continue
        known.add((here, behind))
        seen.setdefault(here, driver)
        been = {there for there, for_what in known if for_what == behind}  # a gate makes other places of them
        for move in moves(driver, been, everything=driver in begun[:2]):
            other = fork(driver)
            move(other)
            todo.append(settle(other))
    return seen


def _passes_gate_for(driver: Driver) -> str:
    """The menu that waits behind a gate: what it is passed for makes a place another one."""
    return "" if driver.call._here.wishes else driver.call._gates.held_up


def moves(driver: Driver, seen: Collection[Place], *, everything: bool) -> Iterator[Move]:
    """What leads on from where a call waits, but for what plainly leads to where we have been.

    `everything`: also what may be said in most places.
    """
    match place(driver)[0]:
        case "menu":
            yield from _moves_in_menu(driver, seen)
            yield from _anywhere(driver.call.standard) if everything else ()
        case "transfer":
            yield partial(tell, event=ev.TransferProgress(486))
        case "recording":
            yield stay_silent
            yield _leave_message
            yield partial(tell, event=ev.RecordingFailed("disk full"))
        case "hold":
            yield stay_silent
            yield from (partial(ring_out, code=code) for code in (486, 480, 500))


def _moves_in_menu(driver: Driver, seen: Collection[Place]) -> Iterator[Move]:
    standard, menu = driver.call.standard, driver.call._here
    for key, act in menu.keys.items():
        if _is_new(act, seen):
            yield partial(press, key=key)
    for intent, act in menu.intents.items():
        if _is_new(act, seen) and act != standard.wishes.get(intent):
            yield partial(insist, intent=intent)
    if menu.slot or menu.corrects:
        yield from (partial(press, key=key) for key in keyed(menu.asks, menu.choices))
        yield partial(having, said=(ANSWERS.get(menu.asks, NONSENSE),))
    for outcome in menu.answers:
        yield partial(reply, outcome=outcome)
    if any(_is_new(standard.ladder[name].then, seen) for name in menu.heard.values()):
        yield mumble
    if _is_new(menu.on_speech, seen):
        yield lose_words
    yield stay_silent


def _is_new(act: Act, seen: Collection[Place]) -> bool:
    if act.kind == "form":
        return not any(name.startswith(f"{act.name}.") for section, name in seen if section == "menu")
    return (act.section, act.name) not in seen


def _anywhere(standard: Standard) -> Iterator[Move]:
    for intent in sorted(standard.wishes.keys() | standard.always.keys()):
        yield partial(insist, intent=intent)
    for aside in standard.aside.values():
        yield partial(insist, intent=aside.intent)
    yield partial(mumble, text="侬好伐啦阿拉", mandarin=0.1, confidence=0.3)
    yield partial(mumble, text="你去把菜洗一下", level=-40.0)
    yield from (partial(having, said=(text,)) for text in ALSO_SAID)


def insist(driver: Driver, intent: str) -> None:
    """A wish, again and again for as long as we only answer it on the spot."""
    here, left = place(driver), INSISTS
    text = driver.call.standard.intent[intent].examples[0]
    while place(driver) == here and left:
        settle(driver)
        driver.say(text)
        left -= 1


def press(driver: Driver, key: str) -> None:
    """A key; one that may be the first of a number is the only one."""
    driver.key(key)
    if driver.call.state.endswith("keying"):
        driver.key("#")


def reply(driver: Driver, outcome: str) -> None:
    """Whoever was asked answers."""
    driver.tell(ev.Replied(driver.last(do.Inquire).inquiry, outcome), driver.now + 1.0)


def tell(driver: Driver, event: ev.Event) -> None:
    """Something happens."""
    driver.tell(event)


def ring_out(driver: Driver, code: int) -> None:
    """Whoever is rung for a caller on hold does not take the call, and the caller is back with us."""
    driver.said()
    driver.tell(ev.TargetProgress(code))
    driver.tell(ev.TakenBack())


def stay_silent(driver: Driver) -> None:
    """Until we have led on whoever says nothing."""
    here = place(driver)
    while place(driver) == here:
        if driver.call._playing and here[0] != "hold":
            driver.said()
        else:
            driver.due()


def mumble(driver: Driver, text: str = NONSENSE, **heard: float) -> None:
    """What nobody understands, until we lead on; a menu that never does for that keeps who talks so."""
    here, left = place(driver), INSISTS
    while place(driver) == here and left:
        settle(driver)
        driver.say(text, **heard)
        left -= 1


def lose_words(driver: Driver) -> None:
    """The caller speaks, and the recogniser fails."""
    driver.speak()
    if driver.call.state.endswith("recognizing"):
        driver.tell(ev.RecognitionFailed(driver.last(do.Listen).turn, "late"))


def _leave_message(driver: Driver) -> None:
    driver.tell(ev.SpeechOnset())
    driver.tell(ev.SpeechConfirmed(), driver.now + 0.25)
    driver.tell(ev.SpeechEnded(driver.now + 3.0, voiced_s=3.0, level=-25.0, floor=-65.0), driver.now + 3.3)
    driver.tell(ev.Recognized(driver.last(do.Listen).turn, "请给我回电话", driver.now - 0.3, 0.9, 1.0), driver.now)
    driver.key("#")
