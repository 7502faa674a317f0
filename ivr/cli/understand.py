"""`ivr understand`: how a sentence is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import click

from ivr.cli.options import json_option
from ivr.cli.show import as_json_text, table

if TYPE_CHECKING:
    from datetime import date

    from ivr.standards.model import Standard
    from ivr.standards.said import Expects
    from ivr.understanding.intents import Matcher

_SHOWN = 5


@click.command()
@click.argument("text")
@click.option("--standard", "name", default="general", metavar="NAME|FILE", help="Whose intents; general by default.")
@click.option("--expects", metavar="KIND", help="Read only as an answer of this kind, e.g. phone, name, yes_no.")
@click.option("--before", default="", metavar="VALUE", help="What was read so far, for a turn that corrects it.")
@json_option
def command(text: str, name: str, expects: str | None, before: str, as_json: bool) -> None:
    """Shows how TEXT is read: what the caller wants, and every kind of answer that it may be.

    \b
    ivr understand 我要赚人工
    ivr understand --expects phone --before 13800138000 不对，最后是三八
    """
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from ivr.config import StandardSettings
    from ivr.standards.load import load_standard
    from ivr.understanding.intents import Matcher

    kinds = _kinds(expects)
    standard = load_standard(name)
    today = datetime.now(ZoneInfo(StandardSettings().timezone)).date()
    found = {
        "text": text,
        "sounds": _sounds(text),
        **_meaning(text, standard, Matcher(standard.intent)),
        "answers": _answers(text, kinds, today, before),
    }
    click.echo(as_json_text(found) if as_json else _shown(found))


def _kinds(expects: str | None) -> list[Expects]:
    from ivr.errors import UserError
    from ivr.standards.said import Expects

    kinds: tuple[Expects, ...] = get_args(Expects)
    if expects and expects not in kinds:
        raise UserError(f'--expects: there is no "{expects}"; write one of {", ".join(kinds)}')
    return [kind for kind in kinds if expects in {None, kind}]


def _sounds(text: str) -> str:
    from ivr.understanding.sounds import syllables

    return " ".join(syllable.sound for syllable in syllables(text))


def _meaning(text: str, standard: Standard, matcher: Matcher) -> dict[str, object]:
    from ivr.understanding.intents import relevance

    reading = matcher.read(text, standard.intent)
    matches = [
        {"intent": match.name, "score": round(match.score, 2), "heard": match.heard, "as in": match.phrase}
        for match in matcher.match(text, standard.intent)[:_SHOWN]
    ]
    return {
        "decided": reading.decided,
        "margin": round(reading.margin, 2),
        "relevance": round(relevance(text, standard.domain), 2),
        "intents": matches,
    }


def _answers(text: str, kinds: list[Expects], today: date, before: str) -> list[dict[str, object]]:
    from ivr.understanding.answers import read

    answers = ((kind, read(text, kind, today=today, before=before)) for kind in kinds)
    return [
        {"as": kind, "value": answer.value, "complete": answer.complete, "read back": "".join(answer.spoken)}
        for kind, answer in answers
        if answer
    ]


def _shown(found: dict[str, object]) -> str:
    intents, answers = found["intents"], found["answers"]
    assert isinstance(intents, list)
    assert isinstance(answers, list)
    summary = f"{found['decided']}, margin {found['margin']}, relevance {found['relevance']}"
    return "\n\n".join(
        block
        for block in (
            f"{found['text']}\n{found['sounds']}",
            f"{table(intents)}\n{summary}" if intents else f"no intent; relevance {found['relevance']}",
            table(answers) or "no answer of this kind",
        )
    )
