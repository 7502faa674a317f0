"""The state of a box: one finding a line, with what to do about it.

A check yields findings; a UserError out of it is a finding too. Nothing here changes anything, except that texts nobody
rendered may be synthesised into the cache.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import platform
import resource
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import metadata
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ivr.backends import opened, troubles_of
from ivr.config import Address, Settings
from ivr.config.settings import LineSettings
from ivr.config.values import host_port_of
from ivr.errors import UserError
from ivr.files import cache_folder
from ivr.recording.seal import read_key
from ivr.records import Database, RecordsError
from ivr.service import ping, startup
from ivr.service.inquiries import unanswered
from ivr.service.recogniser import chosen, hears_words
from ivr.service.shelf import shelf_of
from ivr.service.voices import Voices, improvised, sayable
from ivr.speech.recognizers import try_out
from ivr.standards.hours import calendar_knows
from ivr.standards.model import Standard
from ivr.telephony.admission import host_and_port

State = Literal["ok", "note", "bad"]
_GIB = 1 << 30
_ALERTS_S = 3.0
_DECEMBER = 12
_NEWER = "install a newer chinesecalendar, it is published each November"
_CLOCK_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    name: str
    state: State
    """`bad`: calls cannot be taken; `note`: something is less than it could be."""
    detail: str
    todo: str = ""


Check = Callable[[Settings], Iterator[Finding]]


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, in order."""
    for name, check in CHECKS.items():
        try:
            yield from (replace(finding, name=name) for finding in check(settings))
        except UserError as error:
            yield refused(name, error)


def refused(name: str, error: UserError) -> Finding:
    """What an error says, and, behind its arrow, what it says to do."""
    what, _, todo = str(error).partition("→")
    return Finding(name, "bad", what.strip(), todo.strip())


def _ok(detail: str) -> Finding:
    return Finding("", "ok", detail)


def _note(detail: str, todo: str) -> Finding:
    return Finding("", "note", detail, todo)


def _bad(detail: str, todo: str) -> Finding:
    return Finding("", "bad", detail, todo)


# ---------------------------------------------------------------- the machine


def _python(_: Settings) -> Iterator[Finding]:
    yield _ok(f"{platform.python_version()} ({sys.executable}), {platform.machine()}, {os.cpu_count()} cores")


def _open_files(settings: Settings) -> Iterator[Finding]:
    share = settings.sip.for_worker(0).max_calls
    needed, limit = 4 * share + 128, resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit >= needed:
        yield _ok(f"{limit} a process")
    else:
        yield _bad(
            f"{limit} a process, {share} calls need {needed}", f"ulimit -n {needed}, or LimitNOFILE= in the unit"
        )


def _disk(settings: Settings) -> Iterator[Finding]:
    for folder in dict.fromkeys((cache_folder(), settings.records.recordings)):
        there = startup.first_there(folder)
        free = shutil.disk_usage(there).free
        detail = f"{folder}: {free / _GIB:.1f} GiB free"
        yield _ok(detail) if free > _GIB else _note(detail, "make room: messages and journals need it")


def _clock(settings: Settings) -> Iterator[Finding]:
    zone = settings.standard.timezone
    detail = f"{datetime.now(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
    if _synchronised():
        yield _ok(detail)
    else:
        yield _note(f"{detail}, not synchronised", "greetings follow it: run chrony or systemd-timesyncd")


def _synchronised() -> bool:
    """What the kernel says of its clock; read only."""
    timex = ctypes.create_string_buffer(256)  # struct timex with modes = 0; 208 bytes on Linux
    return int(ctypes.CDLL(None).adjtimex(timex)) != _CLOCK_UNSYNCHRONISED


# ---------------------------------------------------------------- what calls need


def _pjsua2(settings: Settings) -> Iterator[Finding]:
    from ivr.telephony import pjsua  # noqa: PLC0415 - only here, so that its absence is a finding

    share = settings.sip.for_worker(0).max_calls
    if pjsua.FULL_BUILD:
        yield _ok(f"{_version('pjsua2')}, our own build, {pjsua.MAX_CALLS} calls a worker")
    else:
        yield _note(f"the ready wheel: {pjsua.MAX_CALLS} calls a worker, old OpenSSL", "make pjsua2")
    if share > pjsua.MAX_CALLS:
        yield _bad(f"{share} calls a worker are configured", "raise sip.workers, or lower sip.max_calls")


def _voice_activity(_: Settings) -> Iterator[Finding]:
    from ivr.speech.activity import VoiceActivity  # noqa: PLC0415 - see above

    started = time.perf_counter()
    ear = VoiceActivity(1)
    ear.add(0)
    ear.process({0: bytes(3200)})
    ready = time.perf_counter() - started
    yield _ok(f"Silero on onnxruntime {_version('onnxruntime')}, ready in {ready * 1000:.0f} ms")


def _speech_at_run_time(_: Settings) -> Iterator[Finding]:
    from ivr.speech.tts import Synthesizer  # noqa: PLC0415 - see above

    voice = Synthesizer()
    try:
        voice.speak_now("您好")
    finally:
        voice.close()
    yield _ok(voice.maker)


def _standards(settings: Settings) -> Iterator[Finding]:
    for name, standard in shelf_of(settings).items():
        yield _ok(f"{name}: {standard.title}, {len(standard.wording)} prompts")


def _prompts(settings: Settings) -> Iterator[Finding]:
    standards, voices = shelf_of(settings), Voices(settings)
    try:
        said = list(sayable(settings, standards))
        faults = [fault for served, utterance in said for fault in voices.of(served).missing([utterance])]
        robot = improvised(settings, standards, voices)
    finally:
        voices.close()
    yield from (_bad(fault, "") for fault in dict.fromkeys(faults))
    if robot:
        yield _note(f"{len(robot)} of {len(said)} in a robot's voice: 「{robot[0]}」…", "ivr prompts render --config")
    else:
        yield _ok(f"all {len(said)} are rendered or recorded")


def _recogniser(settings: Settings) -> Iterator[Finding]:
    choice = chosen(settings)
    if choice:
        yield _ok(f"{choice.name}, works after {try_out(choice):.1f} s, model in {choice.folder}")
    elif settings.speech.recognizer == "none" or not any(map(hears_words, settings.served)):
        yield _ok("none wanted: voice activity and keys")
    else:
        yield _note("none is installed: voice activity and keys only", "ivr models pull")


def _models(_: Settings) -> Iterator[Finding]:
    from ivr.speech.models import load_models  # noqa: PLC0415 - see above

    for name, model in load_models().items():
        if not model.unsound():
            yield _ok(f"{name}, {model.size / 1e6:.0f} MB")
        elif model.is_begun():
            yield _note(f"{name} is damaged", f"ivr models pull {name}")
        elif model.purpose != "tests":
            yield _note(f"{name} is not here ({model.about})", f"ivr models pull {name}")


# ---------------------------------------------------------------- the line


def _service(settings: Settings) -> Iterator[Finding]:
    bind = settings.metrics.bind
    state = ping.own_health(bind) if bind else None
    if state is None:
        for address in startup.addresses(settings):
            startup.check_free(address)
            yield _ok(f"not running; {address} is free")
    elif state == "ready":
        yield _ok("running, ready")
    else:
        yield _note(f"running, but {state}", "see its log")


def _registrar(settings: Settings) -> Iterator[Finding]:
    uri = settings.sip.registrar
    if not uri:
        yield _ok("none: calls are taken as they come")
        return
    host, port = host_and_port(host_port_of(uri))
    try:
        yield _ok(f"{uri} answers: {ping.options(uri, Address(host, port or 5060))}")
    except OSError as error:
        yield _note(f"{uri} does not answer to OPTIONS: {error}", "check sip.registrar, the network, its allow list")
    if settings.sip.password_file.stat().st_mode & 0o004:
        yield _note(f"everybody can read {settings.sip.password_file}", f"chmod o-r {settings.sip.password_file}")


def _transfers(settings: Settings) -> Iterator[Finding]:
    for name in ("operator", "supervisor"):
        uri = getattr(settings.telephony, name)
        yield _ok(f"{name}: {uri}") if uri else _note(f"{name}: nobody", f"set telephony.{name}, or sip.registrar")


def _messages(settings: Settings) -> Iterator[Finding]:
    folder = settings.records.recordings
    reason = startup.unwritable(folder)
    if reason:
        yield _note(f"{folder}: {reason}", "callers cannot leave messages: set records.recordings")
    elif chosen(settings):
        yield _ok(f"{folder}, private numbers masked")
    else:
        yield _note(f"{folder}; without a recogniser private numbers in them are not found", "ivr models pull")


def _recordings(settings: Settings) -> Iterator[Finding]:
    """What of calls is recorded, and what of it can be masked (requirement G3)."""
    if not any(served.record for served in settings.served):
        yield _ok("none: switched off")
        return
    folder = settings.records.recordings
    if chosen(settings):
        yield _ok(f"{folder}, kept for {settings.records.retention_days} days, private numbers masked")
    else:
        unasked = "private numbers are masked where they are asked for; said unasked, nobody finds them"
        yield _note(f"without a recogniser {unasked}", "ivr models pull, or record = false")
    if any(standard.keeps_originals for standard in shelf_of(settings).values()):
        try:
            read_key(settings.records.key_file)
            yield _ok(f"originals of what is masked are sealed with {settings.records.key_file}")
        except UserError as error:
            yield replace(refused("", error), state="note")


def _notice(settings: Settings) -> Iterator[Finding]:
    """Whether callers hear that they are recorded, where they are."""
    standards, recorded = shelf_of(settings), [served for served in settings.served if served.record]
    untold = [served for served in recorded if not _told(standards[served.name], announced=served.announce)]
    for served in untold:
        line = f"line {served.number}" if isinstance(served, LineSettings) else served.name
        yield _note(f"{line}: callers are not told that calls are recorded", "announce = true, or record = false")
    if not untold:
        yield _ok("callers are told" if recorded else "nothing is recorded")


def _told(standard: Standard, *, announced: bool) -> bool:
    """Whoever is greeted hears that the call is recorded (requirement A9)."""
    notices = [said for said in standard.menu[standard.opening.menu].say if standard.wording[said.say].req == "A9"]
    return any(said.when is None or (announced and said.when == "announced") for said in notices)


def _records(settings: Settings) -> Iterator[Finding]:
    """The database, as it is: it is made by `ivr serve`, or by `ivr db upgrade`."""
    if not settings.records.url:
        yield _note("no records are kept, nobody who is cut off is rung back", "set records.url")
        return
    database = Database(settings.records.url)
    try:
        if database.path and not database.path.exists():
            reason = startup.unwritable(database.path.parent)
            made = f"{database.name}: is made at the first start"
            yield _note(f"{database.name}: {reason}", "set records.url") if reason else _ok(made)
        elif database.current() == database.expected():
            yield _ok(database.name)
        else:
            yield _note(f"{database.name}: has other tables than this version", "ivr db upgrade, or start the service")
    except RecordsError as error:
        what, _, todo = str(error).partition(" → ")
        yield _note(what, todo)
    finally:
        database.close()


def _callbacks(settings: Settings) -> Iterator[Finding]:
    outbound = settings.telephony.outbound
    yield _ok(outbound) if outbound else _note("nobody can be rung back", "set telephony.outbound, or sip.registrar")


def _alerts(settings: Settings) -> Iterator[Finding]:
    """Whether somebody listens where alerts go; none is sent."""
    if not settings.alerts.wanted:
        yield _note("nobody is told of urgent tickets", "set alerts.url")
        return
    parts = urlsplit(settings.alerts.address())
    where, kind = parts.hostname or "", settings.alerts.format
    try:
        with socket.create_connection((where, parts.port or (443 if parts.scheme == "https" else 80)), _ALERTS_S):
            yield _ok(f"{kind}, {where} is there")
    except (OSError, ValueError) as error:
        yield _note(f"{kind}, {where}: {error}", "check alerts.url and the network; alerts wait until they are taken")


def _backends(settings: Settings) -> Iterator[Finding]:
    """Whether the house's own systems would answer; none is asked about anybody."""
    backends = opened(settings.backends)
    troubles = asyncio.run(troubles_of(backends))
    for name, backend in backends.items():
        if trouble := troubles[name]:
            yield _note(f"{name}: {trouble}", f"see [backends.{name}]; until then callers are rung back")
        else:
            yield _ok(f"{name}: {backend.source.where}")
    for name in unanswered(shelf_of(settings).values(), backends):
        yield _note(f"{name}: a standard asks it, and nobody is there", f"[backends.{name}] in ivr.toml")
    if not backends:
        yield _ok("none")


def _calendar(settings: Settings) -> Iterator[Finding]:
    """Public holidays matter where a line is open on working days only."""
    for served in settings.served:
        if served.hours and served.open_on == "working days":
            today = datetime.now(ZoneInfo(served.timezone)).date()
            year = today.year + (today.month == _DECEMBER)
            if not calendar_knows(today.replace(year=year, day=1)):
                yield _note(f"public holidays of {year} are not known: Monday to Friday count as working days", _NEWER)
            else:
                yield _ok(f"public holidays of {year}")
            return


# ---------------------------------------------------------------- for trying and testing


def _sound_device(_: Settings) -> Iterator[Finding]:
    from ivr.service.talk import sound_devices  # noqa: PLC0415 - brings PortAudio

    try:
        yield _ok(sound_devices())
    except UserError as error:
        yield replace(refused("", error), state="note")


def _asterisk(_: Settings) -> Iterator[Finding]:
    prepared = next(iter(sorted(cache_folder("asterisk").glob("sid-*/.ready"))), None)
    if prepared:
        yield _ok(f"for tests, in {prepared.parent}")
    elif path := shutil.which("asterisk"):
        yield _ok(path)
    else:
        yield _note("none here; tests through a real PBX are skipped", "make setup-dev, as root")


def _sipp(_: Settings) -> Iterator[Finding]:
    path = shutil.which("sipp")
    yield _ok(path) if path else _note("none here; load tests are skipped", "apt-get install sip-tester")


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "of unknown version"


CHECKS: dict[str, Check] = {
    "python": _python,
    "pjsua2": _pjsua2,
    "voice activity": _voice_activity,
    "recogniser": _recogniser,
    "standards": _standards,
    "prompts": _prompts,
    "speech at run time": _speech_at_run_time,
    "service": _service,
    "registrar": _registrar,
    "transfers": _transfers,
    "messages": _messages,
    "recordings": _recordings,
    "recording notice": _notice,
    "records": _records,
    "call-backs": _callbacks,
    "alerts": _alerts,
    "backends": _backends,
    "calendar": _calendar,
    "open files": _open_files,
    "disk": _disk,
    "clock": _clock,
    "models": _models,
    "sound device": _sound_device,
    "asterisk": _asterisk,
    "sipp": _sipp,
}
"""What is looked at, in order: the necessary first."""
