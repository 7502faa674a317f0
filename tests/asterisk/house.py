"""A whole house on loopback: Asterisk as `ivr asterisk config` sets it up, the service behind it, an operator."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ivr.config import load
from ivr.simulation.scenario import Line
from ivr.simulation.stage import configuration
from ivr.telephony.asterisk import render
from tests.asterisk.pbx import Asterisk
from tests.daemon import Daemon

_PJSIP = """
[global]
type = global
endpoint_identifier_order = username,ip,anonymous

[trunk]
type = endpoint
context = from-trunk
disallow = all
allow = alaw
direct_media = no

[trunk]
type = identify
endpoint = trunk
match = 127.0.0.1

[operator]
type = endpoint
context = from-trunk
disallow = all
allow = alaw
direct_media = no
aors = operator

[operator]
type = aor
contact = sip:operator@127.0.0.1:{operator_port}

[supervisor]
type = endpoint
context = from-trunk
disallow = all
allow = alaw
direct_media = no
aors = supervisor

[supervisor]
type = aor
contact = sip:supervisor@127.0.0.1:{operator_port}
"""
_EXTENSIONS = """
[from-trunk]
exten => 5001,1,Goto(people-first,4001,1)
include => ivr

[globals](+)
OPERATOR_RINGS_S = 4
PATIENCE_S = 6
"""
_QUEUES = """
[people](+)
member => PJSIP/operator
"""
_SHORT_REGISTRATION = "remove_existing = yes\nminimum_expiration = 5\nmaximum_expiration = 10\n"
_RTP_FIRST = 32100
_POLL_S = 0.05


class House:
    """Everything that runs; `uri` is where callers call."""

    def __init__(self, pbx: Asterisk, service: Daemon, journal: Path, sip_port: int, operator_port: int) -> None:
        self.pbx, self.service, self._journal = pbx, service, journal
        self.uri = f"sip:127.0.0.1:{sip_port}"
        self.target = f"127.0.0.1:{sip_port}"
        self.operator_port = operator_port

    def journal(self, caller: str) -> list[dict[str, object]]:
        """What the service noted about the calls from one number, in order."""
        entries = [json.loads(line) for line in self._journal.read_text(encoding="utf-8").splitlines()]
        calls = {entry["call"] for entry in entries if str(entry.get("caller", "")).endswith(caller)}
        return [entry for entry in entries if entry.get("call") in calls]

    @property
    def registered(self) -> bool:
        """Whether Asterisk knows where the service is."""
        return "ivr/sip:" in self.pbx.rx("pjsip show contacts")


def eventually(is_so: Callable[[], bool], within_s: float) -> bool:
    """Whether something comes true in real time; for other programs, which know no other."""
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


@contextmanager
def house(chroot: Path, folder: Path, lines: list[Line], port: Callable[[], int]) -> Iterator[House]:
    """Both programs, registered with each other."""
    pbx_port, service_port, operator_port, ari_port = port(), port(), port(), port()
    password, config, journal = folder / "password", folder / "ivr.toml", folder / "journal.jsonl"
    password.write_text("sesame", encoding="utf-8")
    registrar = f'[sip]\nregistrar = "sip:127.0.0.1:{pbx_port}"\npassword_file = "{password}"\n'
    operator = {
        "operator": f"sip:0@127.0.0.1:{pbx_port}",
        "ari_url": f"http://127.0.0.1:{ari_port}",
        "ari_username": "ivr",
        "ari_password_file": str(password),
    }
    text = configuration(lines, service_port, _RTP_FIRST, operator, folder)
    config.write_text(text.replace("[sip]\n", registrar), encoding="utf-8")
    files = render(load(config))
    files["pjsip.conf"] = files["pjsip.conf"].replace("remove_existing = yes\n", _SHORT_REGISTRATION)
    own = {
        "pjsip_custom.conf": _PJSIP.format(operator_port=operator_port),
        "extensions_custom.conf": _EXTENSIONS,
        "queues_custom.conf": _QUEUES,
    }
    service = Daemon(folder)
    command = [sys.executable, "-m", "ivr.cli.main", "serve", "--config", str(config), "--journal", str(journal)]
    with Asterisk(chroot, {**files, **own}) as pbx:
        service.start(command)
        try:
            whole = House(pbx, service, journal, pbx_port, operator_port)
            assert eventually(lambda: whole.registered, 10.0), f"the service did not register:\n{service.output}"
            yield whole
        finally:
            service.stop()
