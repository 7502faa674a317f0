from __future__ import annotations

import pytest

from ivr.telephony.keys import Keys


def test_the_packets_of_one_event_are_one_key_also_out_of_order() -> None:
    keys = Keys()
    packets = [("1", 800), ("1", 800), ("2", 2400), ("1", 800), ("2", 2400)]
    assert [key for key, stamp in packets if keys.event_is_new(key, stamp)] == ["1", "2"]


def test_the_same_key_pressed_again_is_another_key() -> None:
    keys = Keys()
    assert keys.event_is_new("5", 800)
    assert keys.event_is_new("5", 4000)


@pytest.mark.parametrize("tone_first", [True, False])
def test_a_key_sent_both_ways_is_one_press_however_fast_it_is_repeated(tone_first: bool) -> None:
    keys = Keys()
    noticed = [keys.press_is_new("5", at, tone) for at in (1.0, 1.2, 1.4) for tone in (tone_first, not tone_first)]
    assert noticed == [True, False] * 3


def test_a_key_sent_one_way_only_is_never_swallowed() -> None:
    keys = Keys()
    assert all(keys.press_is_new("5", at, tone=False) for at in (1.0, 1.1, 1.2))
    assert keys.press_is_new("5", 3.0, tone=True)
    assert keys.press_is_new("6", 3.1, tone=False)
