"""`ivr.toml`: what the administrator of a box decides."""

from ivr.config.load import load
from ivr.config.settings import (
    REFUSED_AT_ONCE,
    LineSettings,
    Role,
    Settings,
    SipSettings,
    StandardSettings,
    TelephonySettings,
    read_secret,
)
from ivr.config.values import Address, PortRange

__all__ = [
    "REFUSED_AT_ONCE",
    "Address",
    "LineSettings",
    "PortRange",
    "Role",
    "Settings",
    "SipSettings",
    "StandardSettings",
    "TelephonySettings",
    "load",
    "read_secret",
]
