"""What phone numbers, waybill numbers and codes look like.

Recognisers look at these too, to whom start-up time matters: nothing here is more than a regular expression.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Shape(NamedTuple):
    """What a number of some kind looks like, as regular expressions."""

    complete: re.Pattern[str]
    """A number from which nothing is missing."""
    longest: re.Pattern[str]
    """A number or the beginning of one: not too long yet."""
    head: int = 0
    """Digits in front that are said, and corrected, as one: 138; 0 where there are none."""
    letters: bool = False
    """Whether letters may stand in front."""

    def is_complete(self, number: str) -> bool:
        """Whether nothing is missing."""
        return bool(self.complete.fullmatch(number))

    def holds(self, number: str) -> bool:
        """Whether it is not too long."""
        return bool(self.longest.fullmatch(number))


SHAPES = {
    "phone": Shape(
        re.compile(r"(?:00)?(?:86)?(?:1[3-9]\d{9}|0(?:10|2\d)[2-9]\d{7}|0[3-9]\d{2}[2-9]\d{6,7})"),
        re.compile(r"0\d{0,11}|(?:00)?86\d{0,11}|\d{0,11}"),
        head=3,
    ),
    "waybill": Shape(re.compile(r"[A-Z]{0,4}\d{10,15}"), re.compile(r"[A-Z]{0,4}\d{0,15}"), letters=True),
    "id_tail": Shape(re.compile(r"\d{3}[\dX]"), re.compile(r"\d{0,18}")),
    "digits": Shape(re.compile(r"\d+"), re.compile(r"\d*")),
}
"""By what was asked for. A phone number is a mobile, or a landline with its area code (E.164, country code 86)."""
