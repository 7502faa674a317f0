"""Asterisk itself reads what `ivr asterisk config` writes."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ivr.config import Settings, load
from ivr.telephony.asterisk import render
from tests.asterisk.pbx import REPOSITORY, Asterisk

pytestmark = pytest.mark.asterisk


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> dict[str, str]:
    secret = tmp_path_factory.mktemp("secret") / "password"
    secret.write_text("sesame", encoding="utf-8")
    sip = {"registrar": f"sip:127.0.0.1:{free_port()}", "password_file": str(secret), "workers": 2}
    return render(Settings.model_validate({"sip": sip}))


@pytest.fixture(scope="module")
def pbx(chroot: Path, files: dict[str, str]) -> Iterator[Asterisk]:
    with Asterisk(chroot, files) as asterisk:
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
