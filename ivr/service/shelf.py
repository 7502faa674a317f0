"""The standards in use, by the name that ivr.toml gives them; can be read anew while calls go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import structlog

from ivr.config import Settings
from ivr.errors import UserError
from ivr.standards.load import load_standard
from ivr.standards.model import Standard

log = structlog.get_logger(__name__)


class Shelf(Mapping[str, Standard]):
    """Standards by configured name. A call takes its standard once, at the INVITE, and keeps it.

    Raises UserError if one of them cannot be used.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._standards = self._read()

    def _read(self) -> dict[str, Standard]:
        return {name: load_standard(name) for name in self._names}

    def reload(self, prepare: Callable[[Mapping[str, Standard]], None] = lambda standards: None) -> bool:
        """Read all anew, for calls to come, who get them when `prepare` is done with them; any thread may ask for it.

        If one has a mistake, or `prepare` raises UserError, all stay as they are and one line is logged.
        """
        try:
            standards = self._read()
            prepare(standards)
        except UserError as error:
            log.warning("standards not reloaded, the old ones stay", reason=str(error))
            return False
        self._standards = standards
        log.info("standards reloaded", standards=list(self._names))
        return True

    def __getitem__(self, name: str) -> Standard:
        return self._standards[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def shelf_of(settings: Settings) -> Shelf:
    """The standards that this configuration serves. Raises UserError."""
    return Shelf(served.name for served in settings.served)
