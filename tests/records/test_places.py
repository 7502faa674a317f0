from __future__ import annotations

from datetime import datetime, timedelta

from ivr.records import Calls, Database, NewCall, Places


def test_the_last_sign_of_places_that_have_calls(database: Database, now: datetime) -> None:
    later = now + timedelta(seconds=10)
    with database.transaction() as tx:
        for name in ("box:0", "box:1", "box:2"):
            Places(tx).lives(name, now)
        for call, instance in (("c1", "box:0"), ("c2", "box:1"), ("c3", "box:9")):
            Calls(tx).opened(NewCall(id=call, instance=instance), now)
        Calls(tx).closed("c2", "helped", now)
        Places(tx).lives("box:0", later)
    with database.reading() as tx:
        assert Places(tx).with_open_calls() == {"box:0": later}
