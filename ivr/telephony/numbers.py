"""The caller's number, as the PBX spells it, in one spelling (requirement B9: it may have to be rung back)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import unquote

import phonenumbers

_WITHHELD = frozenset({"anonymous", "unknown", "unavailable", "restricted", "private", "asterisk", "nobody"})
_CHINA = 86
_SEPARATORS = re.compile(r"[\s().\-/]")


def normalised(user: str, region: str = "CN") -> str | None:
    """E.164 without the plus, e.g. ``8613812345678``; None for a caller who withheld the number or has none.

    `user` is the user part of a SIP URI or a tel number; `region` is where national numbers belong (ISO 3166).
    Service numbers and extensions (``10086``, ``8001``) have no E.164 and stay as they are.
    """
    number = _SEPARATORS.sub("", unquote(user).partition(";")[0])
    if number.lower() in _WITHHELD or not re.fullmatch(r"\+?\d{2,20}", number):
        return None
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return number.lstrip("+")
    if not phonenumbers.is_valid_number(parsed):
        return number.lstrip("+")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164).lstrip("+")


def listed(number: str | None, patterns: Iterable[str]) -> bool:
    """Whether a number (E.164 without the plus, or a short one) is on a list, as the country dials it."""
    return dialable(number, patterns) is not None


def dialable(number: str | None, allow: Iterable[str]) -> str | None:
    """The number as `[telephony] outbound_allow` and a PBX of the country have it; None where it may not be rung.

    A number of China's loses its 86; a mobile number stays as it is, a landline gets its 0.
    """
    if not number:
        return None
    national = number
    with suppress(phonenumbers.NumberParseException):
        parsed = phonenumbers.parse(number if number.startswith("+") else f"+{number}", None)
        if parsed.country_code == _CHINA and phonenumbers.is_valid_number(parsed):
            national = _SEPARATORS.sub("", phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL))
    return national if any(re.fullmatch(pattern, national, re.ASCII) for pattern in allow) else None
