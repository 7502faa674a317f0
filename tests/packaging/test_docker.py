"""No Docker engine runs where these tests do: what can be held is that each step of an image is a tested script."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from ivr.config import load

REPOSITORY = Path(__file__).resolve().parents[2]
DOCKER = REPOSITORY / "docker"
DOCKERFILES = [DOCKER / "Dockerfile", DOCKER / "asterisk" / "Dockerfile"]


def steps(dockerfile: Path, instruction: str) -> list[str]:
    """Arguments of each use of an instruction, continued lines joined."""
    text = dockerfile.read_text(encoding="utf-8").replace("\\\n", " ")
    return re.findall(rf"^{instruction}\s+(.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_every_step_is_a_script_that_runs(dockerfile: Path) -> None:
    runs = steps(dockerfile, "RUN")
    assert runs
    for step in runs:
        script = REPOSITORY / step.split()[0]
        assert script.parent == REPOSITORY / "scripts", step
        assert script.stat().st_mode & 0o111, f"{script} is not executable"
        subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_runs_as_nobody_special_and_says_how_it_is(dockerfile: Path) -> None:
    assert steps(dockerfile, "USER")[-1] in {"ivr", "asterisk"}
    assert steps(dockerfile, "HEALTHCHECK")


def test_scripts_are_copied_before_they_run() -> None:
    text = (DOCKER / "asterisk" / "Dockerfile").read_text(encoding="utf-8")
    for script in re.findall(r"^RUN (\S+)", text, re.MULTILINE):
        assert script in text.split(f"RUN {script}")[0]


def test_compose_names_only_files_that_are_there(tmp_path: Path) -> None:
    subprocess.run([DOCKER / "secrets.sh", tmp_path], check=True, capture_output=True)
    compose = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
    mounts = [mount.split(":")[0] for service in compose["services"].values() for mount in service.get("volumes", [])]
    files = [mount for mount in mounts if mount.startswith("./")] + [s["file"] for s in compose["secrets"].values()]
    for file in files:
        place = tmp_path / Path(file).name if file.startswith("./secrets/") else DOCKER / file
        assert place.is_file(), file
    assert {mount for mount in mounts if not mount.startswith("./")} == set(compose["volumes"])


def test_compose_builds_from_dockerfiles_that_exist_and_waits_for_health() -> None:
    services = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for service in services.values():
        for build in filter(None, [service.get("build")]):
            assert (DOCKER / build["context"] / build["dockerfile"]).is_file()
        for needed in service.get("depends_on", {}):
            assert needed in services
    assert services["ivr"]["depends_on"]["asterisk"] == {"condition": "service_healthy"}


def test_the_container_outlives_the_drain(monkeypatch: pytest.MonkeyPatch) -> None:
    services = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))["services"]
    monkeypatch.setenv("IVR_SIP_REGISTRAR", "")
    drain_s = load(DOCKER / "ivr.toml").sip.drain_timeout_s
    assert int(services["ivr"]["stop_grace_period"].rstrip("s")) > drain_s


def test_secrets_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = subprocess.run([DOCKER / "secrets.sh", folder], check=True, capture_output=True, text=True).stdout
    again = subprocess.run([DOCKER / "secrets.sh", folder], check=True, capture_output=True, text=True).stdout
    assert first == again
    assert re.fullmatch(r"(telephone (1001|operator): password \S{24}\n){2}", first)
    assert folder.stat().st_mode & 0o077 == 0
