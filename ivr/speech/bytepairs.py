"""A vocabulary of byte pairs, as Whisper's: which text is which tokens.

Each token stands for some bytes of UTF-8, written with one printable character a byte (Radford et al., "Language Models
are Unsupervised Multitask Learners", 2019, section 2.2). A rarer Chinese character is two or three tokens.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

_PRINTABLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
_SHIFTED = [byte for byte in range(256) if byte not in _PRINTABLE]
_BYTE = {chr(byte): byte for byte in _PRINTABLE} | {chr(256 + n): byte for n, byte in enumerate(_SHIFTED)}
_CHARACTER = {byte: character for character, byte in _BYTE.items()}


class BytePairs:
    """The tokens of a model, by number, in the order of its vocabulary; what follows ``<|endoftext|>`` is no text."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.number = {token: n for n, token in enumerate(tokens)}
        self.end = self.number["<|endoftext|>"]
        self._bytes = [bytes(_BYTE.get(character, 0x3F) for character in token) for token in tokens[: self.end]]

    @classmethod
    def read(cls, folder: Path) -> BytePairs:
        """The vocabulary of a converted model: a list in JSON, or one token a line. Raises OSError, ValueError."""
        listed = folder / "vocabulary.json"
        if listed.exists():
            return cls(json.loads(listed.read_text(encoding="utf-8")))
        return cls((folder / "vocabulary.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n"))

    def __len__(self) -> int:
        return len(self.number)

    def text(self, tokens: Iterable[int]) -> str:
        """What the tokens say; bytes that make no character, at a cut, are left out."""
        return b"".join(self._bytes[token] for token in tokens if token < self.end).decode(errors="ignore")

    def tokens(self, text: str) -> list[int]:
        """Tokens that say the text, each as long as can be; not always those that training would have seen."""
        left = "".join(_CHARACTER[byte] for byte in text.encode())
        found = []
        while left:
            length = next(n for n in range(len(left), 0, -1) if left[:n] in self.number)
            found.append(self.number[left[:length]])
            left = left[length:]
        return found

    def saying(self, text: str) -> list[int]:
        """Every token that says exactly this."""
        wanted = text.encode()
        return [token for token, said in enumerate(self._bytes) if said == wanted]

    def traditional(self) -> list[int]:
        """Tokens with a Chinese character that is not written in simplified script (not in GB/T 2312)."""
        return [token for token, said in enumerate(self._bytes) if _is_traditional(said.decode(errors="ignore"))]


def _is_traditional(text: str) -> bool:
    return any("一" <= character <= "鿿" and not _is_simplified(character) for character in text)


def _is_simplified(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
