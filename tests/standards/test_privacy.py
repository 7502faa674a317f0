from __future__ import annotations

from pathlib import Path

import pytest

from ivr.standards.blocks import Slot
from ivr.standards.load import load_standard
from ivr.standards.privacy import Privacy
from ivr.standards.said import Wording

ASKING = load_standard(Path(__file__).parent / "asking.toml")


@pytest.mark.req("G3", "G8")
def test_what_others_answer_may_be_private_though_no_menu_asks_for_it() -> None:
    slots = {
        "credit": Slot(req="G8", asks="money", say=[], private=True),
        "place": Slot(req="F2", asks="text", say=[]),
    }
    wording = {"told": Wording(req="G8", text="余额是{credit}。"), "seen": Wording(req="F2", text="快件在{place}。")}
    privacy = Privacy.of(ASKING.model_copy(update={"slot": ASKING.slot | slots, "wording": ASKING.wording | wording}))
    before = Privacy.of(ASKING)
    assert privacy.slots - before.slots == {"credit"}
    assert privacy.prompts - before.prompts == {"told"}
    assert {"told", "seen"} <= privacy.speaking
