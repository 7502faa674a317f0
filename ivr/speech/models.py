"""Models: which there are, where they lie on this machine, and whether they are whole.

`models/manifest.toml` says for every model which files it consists of, each with its hash and its sources in order.
Files lie in the cache, in a folder by the model's name. `ivr.speech.fetch` puts a file there only when its hash is
right, so a file that is there can be used without hashing it again; `states` hashes all the same.

A file may be an archive that holds the model. It stays beside what came out of it: its hash is the one that is known,
and its own sums tell whether what came out is whole.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ivr.errors import UserError
from ivr.files import cache_folder, data_folder

State = Literal["ok", "missing", "damaged"]
Purpose = Literal["calls", "prompts", "tests"]
_CHUNK = 1 << 18
_PATH = r"\w[\w.-]*(/\w[\w.-]*)*"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(_Table):
    """A file inside a package; parts concatenate."""

    package: str
    """With its version, as the package's own client takes it: ``name==1.0`` for pip, ``name@1.0`` for npm."""
    part: str = ""
    """Path inside the package; empty: the package itself, as its client brings it."""


class Source(_Table):
    """One place to have a file from: an address, or parts of packages."""

    url: str = ""
    pypi: list[Part] = []
    npm: list[Part] = []

    @model_validator(mode="after")
    def _one_kind(self) -> Source:
        if bool(self.url) + bool(self.pypi) + bool(self.npm) != 1:
            raise ValueError("give exactly one of url, pypi, npm")
        if self.url and not self.url.startswith("https://"):
            raise ValueError("url must begin with https://")
        return self

    @property
    def kind(self) -> str:
        """``url``, ``pypi`` or ``npm``."""
        return "url" if self.url else "pypi" if self.pypi else "npm"


class ModelFile(_Table):
    """A file of a model; `size` in bytes, `sha256` in hexadecimal."""

    path: Annotated[str, Field(pattern=rf"^{_PATH}$")]
    size: Annotated[int, Field(gt=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    unpack: Annotated[str, Field(pattern=rf"^({_PATH})?$")] = ""
    """It is a zip: the model is what lies below this folder of it."""
    source: list[Source]

    def members(self, archive: Path) -> list[zipfile.ZipInfo]:
        """What is to be unpacked of it. Raises zipfile.BadZipFile, OSError."""
        with zipfile.ZipFile(archive) as packed:
            return [member for member in packed.infolist() if self._is_wanted(member)]

    def _is_wanted(self, member: zipfile.ZipInfo) -> bool:
        inside = re.fullmatch(_PATH, member.filename) is not None  # nothing leads out of the model's own folder
        return inside and member.filename.startswith(f"{self.unpack}/")


class Model(_Table):
    """A model of the manifest."""

    name: str
    engine: str
    language: str
    purpose: Purpose
    """What needs it; `ivr models pull` fetches those for calls when none is named."""
    licence: str
    about: str
    home: str
    file: list[ModelFile]

    @property
    def folder(self) -> Path:
        """Where its files lie; made if need be."""
        return cache_folder("models", self.name)

    @property
    def root(self) -> Path:
        """The folder for its engine: of what was unpacked, if it came as an archive."""
        return self.folder / next((file.unpack for file in self.file), "")

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.file)

    def missing(self) -> list[ModelFile]:
        """Files that are not there in their full length, or not unpacked."""
        return [file for file in self.file if not self._is_there(file)]

    def unsound(self) -> list[ModelFile]:
        """Files that are missing, or of which the hash, or that of what came out of them, is not right."""
        return [file for file in self.file if not self._is_there(file) or self._is_damaged(file)]

    def _is_damaged(self, file: ModelFile) -> bool:
        return any(state != "ok" for _, state in self._states(file))

    def is_begun(self) -> bool:
        """At least a part of it is here."""
        return any((self.folder / file.path).exists() for file in self.file)

    def _is_there(self, file: ModelFile) -> bool:
        path = self.folder / file.path
        return _has_size(path, file.size) and (not file.unpack or self._is_unpacked(file, path))

    def _is_unpacked(self, file: ModelFile, archive: Path) -> bool:
        try:
            members = file.members(archive)
        except (zipfile.BadZipFile, OSError):
            return False
        return bool(members) and all(_has_size(self.folder / member.filename, member.file_size) for member in members)

    def states(self) -> dict[str, State]:
        """Of every file, those out of archives included: whether it is there and is the right one, by its hash."""
        return {path: state for file in self.file for path, state in self._states(file)}

    def _states(self, file: ModelFile) -> Iterator[tuple[str, State]]:
        path = self.folder / file.path
        state = _state(path, path.is_file() and sha256(path) == file.sha256)
        yield file.path, state
        for member in file.members(path) if file.unpack and state == "ok" else ():
            out = self.folder / member.filename
            yield member.filename, _state(out, out.is_file() and _crc32(out) == member.CRC)

    def require(self) -> Path:
        """The folder for its engine, once nothing is missing.

        Raises:
            UserError: a file is missing or too short.
        """
        if missing := self.missing():
            state = f"is damaged ({missing[0].path})" if self.is_begun() else "is not on this machine"
            raise UserError(f'model "{self.name}" {state}: ivr models pull {self.name}')
        return self.root


def load_models(path: Path | None = None) -> dict[str, Model]:
    """The manifest, by name of model.

    Raises:
        UserError: the manifest cannot be read; the message names the key.
    """
    path = path or data_folder("models") / "manifest.toml"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: Model.model_validate({"name": name, **table}) for name, table in tables.items()}
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid TOML: {error}") from None
    except ValidationError as error:
        issue = error.errors()[0]
        raise UserError(f"{path}: {'.'.join(map(str, issue['loc']))}: {issue['msg']}") from None


def find_model(name: str) -> Model:
    """A model by name.

    Raises:
        UserError: there is none of that name.
    """
    models = load_models()
    if name not in models:
        raise UserError(f'no model "{name}"; there are {", ".join(models)}')
    return models[name]


def sha256(path: Path) -> str:
    """Hash of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _crc32(path: Path) -> int:
    """CRC-32 of a file, as a zip notes it."""
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc


def _state(path: Path, is_right: bool) -> State:
    return "ok" if is_right else "damaged" if path.is_file() else "missing"


def _has_size(path: Path, size: int) -> bool:
    try:
        right = path.is_file() and path.stat().st_size == size
        readable = not right or os.access(path, os.R_OK)
    except PermissionError:
        readable = right = False
    if not readable:
        raise UserError(f"{path}: no permission to read it → let this user read the models' folder")
    return right
