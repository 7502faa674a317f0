"""`[backends.NAME]`: the house's own systems that are asked during a call, by their kind (B12, F2, F10).

A question carries slots of the call, and ``caller``; what comes back is an outcome and values, which become slots::

    [backends.shipment]
    kind = "sqlite"
    file = "/var/lib/house/shipments.db"
    query = "select status, place from shipments where waybill = :waybill"

    [backends.account]
    kind = "http"
    url = "https://crm.example.com/accounts/{caller}"
    secret_file = "/etc/ivr/crm-token"
    found = "/data"
    values = { balance = "/data/balance", plan = "/data/plan/name" }
"""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from ivr.config.values import FilePath, OptionalPath, WebAddress, readable, without_secrets

SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
"""A slot in a template: ``{waybill}``."""
RESERVED = "supervisor"
"""Asked by the same means, but a person (requirement E6)."""
_LATIN = re.compile(r"[\x20-\x7e]*")


def _backend_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name == RESERVED:
        raise ValueError(f'"{name}" cannot be the name of a backend; use small letters, digits and _, not "{RESERVED}"')
    return name


def _pointer(text: str) -> str:
    if text and not text.startswith("/"):
        raise ValueError(f'"{text}" is no JSON pointer (RFC 6901); write e.g. "/data/{text}"')
    return text


def _template(url: str) -> str:
    if "{" in urlsplit(url).netloc:
        raise ValueError(f'"{without_secrets(url)}": slots may stand behind the host only')
    if "{" in SLOT.sub("", url) or "}" in SLOT.sub("", url):
        raise ValueError(f'"{without_secrets(url)}": a slot is written {{waybill}}, small letters, digits and _')
    return url


def _header(text: str) -> str:
    if not _LATIN.fullmatch(text):
        raise ValueError("this cannot stand in a header; use plain ASCII")
    return text


BackendName = Annotated[str, AfterValidator(_backend_name)]
Pointer = Annotated[str, AfterValidator(_pointer)]
UrlTemplate = Annotated[WebAddress, AfterValidator(_template), Field(min_length=1)]
HeaderText = Annotated[str, AfterValidator(_header)]
Outcome = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Backend(BaseModel):
    """What every kind has."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    timeout_s: Annotated[float, Field(gt=0, le=60)] = 6.0
    """Longest time until there is an answer, waiting for room and further attempts included."""
    at_once: Annotated[int, Field(ge=1, le=100)] = 8
    """Questions that a worker has out at one time; more wait."""
    failures: Annotated[int, Field(ge=1)] = 5
    """So many in a row, and it is not asked any more: the answer is ``failed`` at once…"""
    rest_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """…for so long; then one question tries whether it answers again."""


class SampleBackend(_Backend):
    """Made-up data that come with the product, to try a standard with."""

    kind: Literal["sample"]
    like: str = ""
    """Which of the sample's questions; by default the one of the backend's own name."""


class SqliteBackend(_Backend):
    """A file of SQLite, read only."""

    kind: Literal["sqlite"]
    file: FilePath
    query: Annotated[str, Field(min_length=1)]
    """One SELECT; ``:waybill`` is a slot (null where the call has none), ``today()`` the day in ISO 8601, and
    ``national(:caller)`` the caller's number as it is dialled within China. Columns of the first row are values, a
    column ``outcome`` is the outcome. Amounts belong into TEXT columns, which are exact."""


class HttpBackend(_Backend):
    """A service that answers in JSON. TLS is verified, no redirect is followed, no answer beyond 64 KiB read."""

    kind: Literal["http"]
    url: UrlTemplate
    """Slots are percent-encoded: ``https://example.com/shipments/{waybill}?tail={phone_tail}``."""
    method: Literal["GET", "POST"] = "GET"
    headers: dict[str, HeaderText] = {}
    body: dict[str, str] | None = None
    """JSON of a POST, slots filled in; without it everything that the question is about, as one object."""
    secret_file: OptionalPath = None
    """Its first line is the secret that goes into `secret_header`."""
    secret_header: HeaderText = "Authorization"  # noqa: S105 - where it goes, and how, is no secret
    secret_format: HeaderText = "Bearer {secret}"  # noqa: S105 - as above
    ca_file: OptionalPath = None
    """PEM of the house's own certificate authority; by default the system's."""
    idempotent: bool = False
    """A POST that may be sent twice; a GET always may."""
    attempts: Annotated[int, Field(ge=1, le=5)] = 2
    """In all, where it may be sent twice and there was no answer; they share `timeout_s`."""
    missing_status: list[int] = [404]
    """HTTP statuses that say that there is no such thing."""
    found: Pointer = ""
    """What is there where something was found (null, empty or absent: ``missing``); by default the whole answer."""
    outcome: Pointer | None = None
    """Where the answer itself says what came of it…"""
    outcomes: dict[str, Outcome] = {}
    """…and what we call that: ``{ "0" = "found", "DELIVERED" = "delivered" }``. Any other is ``failed``."""
    values: dict[str, Pointer] = {}
    """Value → where it stands. Without any, every text, number and truth in `found` is a value by its own name."""
    optional: list[str] = []
    """Values that may be absent; without another the answer is ``failed``."""

    @field_validator("secret_file", "ca_file")
    @classmethod
    def _is_there(cls, path: OptionalPath) -> OptionalPath:
        return readable(path) if path else None

    @model_validator(mode="after")
    def _belongs_together(self) -> HttpBackend:
        if self.body is not None and self.method == "GET":
            raise ValueError('a GET has no body; set method = "POST", or leave body out')
        if self.secret_file and "{secret}" not in self.secret_format:
            raise ValueError('secret_format needs {secret}; write e.g. "Bearer {secret}"')
        if unknown := [name for name in self.optional if name not in self.values]:
            raise ValueError(f'optional: "{unknown[0]}" is none of values')
        if self.outcome is not None and not self.outcomes:
            raise ValueError("outcome needs outcomes: what we call what stands there")
        return self


AnyBackend = Annotated[SampleBackend | SqliteBackend | HttpBackend, Field(discriminator="kind")]
KINDS: dict[str, type[BaseModel]] = {"sample": SampleBackend, "sqlite": SqliteBackend, "http": HttpBackend}
