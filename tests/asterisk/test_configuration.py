"""Asterisk itself reads what `ivr asterisk config` writes."""

from __future__ import annotations

import asyncio
import re
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from ivr.config import Settings, load
from ivr.telephony.asterisk import render
from ivr.telephony.presence import Presence, Presences
from tests.asterisk.pbx import REPOSITORY, Asterisk

pytestmark = pytest.mark.asterisk


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Settings:
    secret = tmp_path_factory.mktemp("secret") / "password"
    secret.write_text("open;sesame", encoding="utf-8")
    ari = {"ari_url": f"http://127.0.0.1:{free_port()}", "ari_username": "ivr", "ari_password_file": str(secret)}
    sip = {"registrar": f"sip:127.0.0.1:{free_port()}", "password_file": str(secret), "workers": 2}
    return Settings.model_validate({"sip": sip, "telephony": ari})


@pytest.fixture(scope="module")
def files(settings: Settings) -> dict[str, str]:
    return render(settings)


@pytest.fixture(scope="module")
def pbx(chroot: Path, files: dict[str, str]) -> Iterator[Asterisk]:
    telephones = "[supervisor]\ntype = endpoint\naors = supervisor\n[supervisor]\ntype = aor\n"
    with Asterisk(chroot, files | {"pjsip_custom.conf": telephones}) as asterisk:
        yield asterisk


def test_every_file_is_accepted(pbx: Asterisk, files: dict[str, str]) -> None:
    complaints = [line for line in pbx.log.splitlines() if re.search(r"\b(WARNING|ERROR)\b", line)]
    assert not [line for line in complaints if any(name in line for name in files)]


def test_every_module_loads(pbx: Asterisk, files: dict[str, str]) -> None:
    wanted = re.findall(r"^load = (\S+)", files["modules.conf"], re.MULTILINE)
    running = {line.split()[0] for line in pbx.rx("module show").splitlines() if " Running " in line}
    assert set(wanted) <= running


def test_the_service_is_an_endpoint_of_two_workers(pbx: Asterisk) -> None:
    assert re.search(r"max_contacts\s*: 2\b", pbx.rx("pjsip show aor ivr"))
    assert re.search(r"context\s*: from-ivr\b", pbx.rx("pjsip show endpoint ivr"))


@pytest.mark.parametrize("place", ["4008@ivr", "4008@people-first", "0@from-ivr", "7000@from-ivr"])
def test_the_dialplan_has_a_way_for(pbx: Asterisk, place: str) -> None:
    assert "There is no existence" not in pbx.rx(f"dialplan show {place}")


def test_the_queue_of_people_exists(pbx: Asterisk) -> None:
    assert "strategy" in pbx.rx("queue show people")


@pytest.mark.req("D4")
def test_it_tells_who_can_be_rung(pbx: Asterisk, settings: Settings) -> None:
    async def seen() -> Presence:
        presences = Presences(settings.telephony)
        async with presences.running(), asyncio.timeout(10):
            while presences.of("supervisor") == "unknown":  # noqa: ASYNC110 - another program sets no event here
                await asyncio.sleep(0.02)
            return presences.of("supervisor")

    assert asyncio.run(seen()) == "away", "no telephone has registered"


def test_nobody_else_is_told(pbx: Asterisk, settings: Settings) -> None:
    url = f"{settings.telephony.ari_url}/ari/deviceStates"
    assert _status(url, "ivr", "guessed") == _status(url, "admin", "open;sesame") == 401
    assert _status(url, "ivr", "open;sesame") == 200
    assert _status(f"{url}/Stasis:x?deviceState=BUSY", "ivr", "open;sesame", "PUT") == 403


def _status(url: str, user: str, password: str, method: str = "GET") -> int:
    async def ask() -> int:
        headers = {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}
        async with aiohttp.ClientSession(headers=headers) as http, http.request(method, url) as answer:
            return answer.status

    return asyncio.run(ask())


def test_the_house_of_docker_compose(
    chroot: Path, tmp_path: Path, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = REPOSITORY / "docker"
    subprocess.run([docker / "secrets.sh", tmp_path], check=True, capture_output=True)
    monkeypatch.setenv("IVR_SIP_PASSWORD_FILE", str(tmp_path / "sip-password"))
    monkeypatch.setenv("IVR_SIP_REGISTRAR", f"sip:127.0.0.1:{free_port()}")
    custom = [*(docker / "asterisk").glob("*_custom.conf"), tmp_path / "pjsip_custom.conf"]
    files = render(load(docker / "ivr.toml")) | {file.name: file.read_text(encoding="utf-8") for file in custom}
    with Asterisk(chroot, files) as pbx:
        assert not re.findall(r"(?:WARNING|ERROR).*(?:pjsip|extensions|queues)\w*\.conf.*", pbx.log)
        assert re.search(r"context\s*: phones\b", pbx.rx("pjsip show endpoint 1001"))
        assert "ivr-operator" in pbx.rx("dialplan show 0@phones")
        assert "PJSIP/ivr" in pbx.rx("dialplan show 4008@phones")
        assert "PJSIP/operator" in pbx.rx("queue show people")
