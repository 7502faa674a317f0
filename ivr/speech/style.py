"""The house's style, as a linter over every line that we wrote ourselves (requirement H3).

The rules are data: `prompts/rules/style.toml`. Wording that a source prescribes is left alone, tones have none.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

from ivr.files import data_folder
from ivr.standards.model import Standard

_Pattern = Annotated[re.Pattern[str], BeforeValidator(re.compile)]


class Rule(BaseModel):
    """What a line must have, or must not."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    of: Literal["wording", "characters"] = "wording"
    """What it is held against: our wording, or what tells the characters of names apart (requirement C8)."""
    req: str
    says: str
    """The rule in a few words, for whoever broke it."""
    must: _Pattern | None = None
    never: _Pattern | None = None

    def broken_by(self, text: str) -> bool:
        """Whether a text goes against it."""
        return bool((self.must and not self.must.search(text)) or (self.never and self.never.search(text)))


def load_rules(path: Path | None = None) -> list[Rule]:
    """The rules of a file, by default ours."""
    path = path or data_folder("prompts") / "rules" / "style.toml"
    return [Rule.model_validate(rule) for rule in tomllib.loads(path.read_text(encoding="utf-8"))["rule"]]


def breaches(standard: Standard, rules: Iterable[Rule]) -> Iterator[str]:
    """Every line of a standard that breaks a rule; one line each."""
    rules = list(rules)
    told = {"wording": dict(_ours(standard)), "characters": standard.characters}
    for rule in rules:
        for name, text in told[rule.of].items():
            if rule.broken_by(text):
                yield f"{standard.name}: {name} 「{text}」 breaks {rule.req}: {rule.says}"


def _ours(standard: Standard) -> Iterator[tuple[str, str]]:
    return ((name, w.text) for name, w in standard.wording.items() if w.kind == "speech" and not w.prescribed)
