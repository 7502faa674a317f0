"""Tells people at once: urgent tickets, failed promises, incidents, by webhook (requirement F5).

Alerts wait in the database, which outlives us; the parent sends them, one after the other. One that surely did not
arrive is sent again, later and later; of one whose answer was lost nobody knows, and it is sent again with the same
`Idempotency-Key`. No number leaves the house whole, and the address, which is a key itself, is in no log.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

import aiohttp
import structlog

from ivr.config import Settings
from ivr.config.settings import AlertsSettings, read_secret
from ivr.errors import JobError, UserError
from ivr.records import Alert, Alerts, Database, RecordsError, Tickets
from ivr.records.alerts import LONGEST_PAUSE_S
from ivr.service.logs import mask

POLL_S = 1.0
ANSWER_S = 10.0
"""Longest wait for an answer."""
LEASE_S = 120.0
"""After a crash in mid-sending it is sent again so much later; all that are taken at once fit in."""
GIVE_UP = timedelta(hours=24)
"""Older ones are told to nobody any more; their tickets stand."""
OVERDUE_EVERY = timedelta(seconds=30)
_LONGEST_TEXT = 500  # characters; the robots take 2048 bytes
_LONGEST_ANSWER = 65536  # bytes
_ROBOT_OK = 0

log = structlog.get_logger(__name__)


class NotTakenError(JobError):
    """An alert did not arrive."""


def backoff(attempts: int) -> float:
    """Seconds until the next try, after so many: 2, 4, 8 … 600."""
    return float(min(2.0 ** min(attempts, 20), LONGEST_PAUSE_S))


class Alerting:
    """One a service, in the parent's event loop."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._alerts, self._zone, self._clock = settings.alerts, ZoneInfo(settings.standard.timezone), clock
        self._database = Database(settings.records.url)
        self._available = True
        self._look_at = self._clock()

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ANSWER_S), trust_env=True) as client:
                while True:
                    try:
                        await self.send(client)
                    except Exception:  # a fault of ours: the next one is told all the same
                        log.exception("an alert could not be dealt with")
                    await asyncio.sleep(POLL_S)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def put(self, what: str, summary: str) -> None:
        """Something of the service itself, that no ticket is about; any thread may tell it."""
        try:
            with self._database.transaction() as tx:
                Alerts(tx).put(what, {"summary": summary}, self._clock())
        except RecordsError as error:
            log.warning("an alert cannot be kept", what=what, reason=str(error))

    async def send(self, client: aiohttp.ClientSession) -> None:
        """Everything that is due."""
        try:
            await asyncio.to_thread(self._look_for_overdue)
            for alert in await asyncio.to_thread(self._take):
                await self._tell(client, alert)
        except RecordsError as error:
            if self._available:
                log.warning("alerts cannot be read; they wait", reason=str(error))
            self._available = False
        else:
            self._available = True

    async def _tell(self, client: aiohttp.ClientSession, alert: Alert) -> None:
        now = self._clock()
        if now > _last_chance(alert):
            log.error("an alert is given up", alert=alert.id, attempts=alert.attempts, ticket=alert.said.get("ticket"))
            await self._write(lambda alerts: alerts.given_up(alert.id, "too old", now))
            return
        try:
            await self._post(client, alert, now)
        except (NotTakenError, UserError) as error:
            why, again = str(error), now + timedelta(seconds=backoff(alert.attempts))
            log.warning("an alert did not arrive", alert=alert.id, attempts=alert.attempts, reason=why)
            await self._write(lambda alerts: alerts.failed(alert.id, why, again))
        else:
            log.info("alert", alert=alert.id, what=alert.what, ticket=alert.said.get("ticket"))
            await self._write(lambda alerts: alerts.sent(alert.id, self._clock()))

    async def _post(self, client: aiohttp.ClientSession, alert: Alert, now: datetime) -> None:
        """Raises NotTakenError, and UserError for a file that cannot be read."""
        url = address(self._alerts, now)
        headers = {"Idempotency-Key": f"alert-{alert.id}"}
        try:
            body = payload(self._alerts, alert, self._zone)
            async with client.post(url, json=body, headers=headers, allow_redirects=False) as answer:
                if answer.status // 100 != 2:
                    raise NotTakenError(f"HTTP {answer.status}")
                if self._alerts.format != "json":
                    check_robot(json.loads(await _read(answer)))
        except TimeoutError:
            raise NotTakenError("no answer in time") from None
        except (aiohttp.ClientError, ValueError, OSError, RecursionError) as error:
            raise NotTakenError(type(error).__name__) from None  # its text may hold the address

    def _take(self) -> list[Alert]:
        now = self._clock()
        with self._database.reading() as tx:
            if not Alerts(tx).waiting(now):
                return []
        with self._database.transaction() as tx:
            return list(Alerts(tx).take(now, LEASE_S))

    def _look_for_overdue(self) -> None:
        """What people owe callers is kept in time, or somebody hears of it (requirement F3)."""
        now = self._clock()
        if now >= self._look_at:
            self._look_at = now + OVERDUE_EVERY
            with self._database.transaction() as tx:
                Tickets(tx).overdue(now)

    async def _write(self, what: Callable[[Alerts], None]) -> None:
        """What became of it; where that cannot be written now it is tried until it can, lest it be sent twice."""
        while True:
            try:
                return await asyncio.to_thread(self._written, what)
            except RecordsError:
                await asyncio.sleep(POLL_S)

    def _written(self, what: Callable[[Alerts], None]) -> None:
        with self._database.transaction() as tx:
            what(Alerts(tx))


# ---------------------------------------------------------------- what is sent


def address(alerts: AlertsSettings, now: datetime) -> str:
    """Where to; DingTalk wants it signed where the robot has a secret. Raises UserError."""
    url = alerts.address()
    if alerts.format != "dingtalk" or alerts.secret_file is None:
        return url
    stamp, secret = round(now.timestamp() * 1000), read_secret(alerts.secret_file)
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}timestamp={stamp}&sign={quote_plus(base64.b64encode(digest))}"


def payload(alerts: AlertsSettings, alert: Alert, zone: ZoneInfo) -> dict[str, Any]:
    """The body: everything for a program of the house's own, a text for a robot of WeCom's or DingTalk's."""
    said = {key: _short(value) for key, value in alert.said.items()}
    if alerts.format == "json":
        created = alert.created_at.astimezone(zone).isoformat(timespec="seconds")
        return {"id": alert.id, "what": alert.what, "at": created, **said, "text": text(said, zone)}
    return {"msgtype": "text", "text": {"content": text(said, zone)}}


def text(said: Mapping[str, object], zone: ZoneInfo) -> str:
    """For people, in Chinese."""
    due = said.get("due")
    match said:
        case {"approval": number}:
            head = f"请审批 {number}"
        case {"ticket": number}:
            head = f"紧急工单 {number}"
        case _:
            head = "系统"
    lines = {
        f"【{head}】": said.get("summary") or said.get("kind"),
        "电话：": said.get("number"),
        "处理人：": said.get("owner"),
        "时限：": f"{datetime.fromisoformat(due).astimezone(zone):%m-%d %H:%M}" if isinstance(due, str) and due else "",
    }
    return "\n".join(f"{name}{value}" for name, value in lines.items() if value)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """Raises NotTakenError for one that is longer than any robot's."""
    body = b""
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > _LONGEST_ANSWER:
            raise NotTakenError("an answer without end")
    return body


def _last_chance(alert: Alert) -> datetime:
    """A call waits for an approval until then, and people for anything else a day."""
    due = alert.said.get("due")
    return (
        datetime.fromisoformat(due) if alert.what == "approval" and isinstance(due, str) else alert.created_at + GIVE_UP
    )


def check_robot(answer: object) -> None:
    """Raises NotTakenError where the robot did not take it; it says so in a 200."""
    code = answer.get("errcode") if isinstance(answer, dict) else None
    if code != _ROBOT_OK:
        raise NotTakenError(f"errcode {code}")


def _short(value: object) -> object:
    return mask(value)[:_LONGEST_TEXT] if isinstance(value, str) else value
