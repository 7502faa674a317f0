"""Was a call cut off? Then its caller is rung back (requirement B9)."""

from __future__ import annotations

import re

from ivr.dialog.events import RemoteHangup

DROPPED = "dropped"
"""The promise to whoever was cut off, where a standard makes it."""
_CAUSE = re.compile(r"(?P<kind>Q\.850|SIP)\s*;[^,]*?cause\s*=\s*(?P<code>\d+)", re.IGNORECASE)
_NORMAL = {"Q.850": {16, 31}, "SIP": {200}}
"""Normal clearing, and normal, unspecified (ITU-T Q.850); a BYE that answers nothing (RFC 3326)."""
_FAILURES = frozenset({"media_lost", "leg_failed"})


def was_dropped(
    outcome: str, hangup: RemoteHangup | None, *, goodbye: bool, matter: bool, given_up: bool = False
) -> bool:
    """Whether a connected call was cut off rather than ended, by its outcome and the far side's last word.

    A failure of line or transport always is, and a BYE with a cause other than normal clearing; a normal BYE before the
    goodbye is, if a matter was open; and so is whom we gave up in the middle of what they told, because they fell
    silent. After a goodbye or a transfer a call is never cut off.
    """
    if goodbye:
        return False
    if outcome in _FAILURES or (given_up and matter):
        return True
    return outcome == "caller_hung_up" and hangup is not None and (matter or not ended_normally(hangup.reason))


def ended_normally(reason: str) -> bool:
    """Whether a Reason header (RFC 3326) tells of normal clearing; one that says nothing does."""
    causes = _CAUSE.findall(reason)
    return all(int(code) in _NORMAL[kind.upper()] for kind, code in causes)
