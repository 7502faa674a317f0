"""The `ivr` command. A subcommand is a module `ivr.cli.<name>` with a click command called `command`.

No subcommand is imported before it is asked for, so that `ivr --help` answers at once. Whatever goes wrong is one
line on stderr that says what to do; the exit code is 2 for bad usage or configuration, 1 for a job that failed or
whose output nobody reads any more, 130 for Ctrl-C. Anything else is a fault of ours and keeps its traceback.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from ivr import __version__
from ivr.errors import JobError, UserError

COMMANDS = {
    "demo": "Service and robot caller over loopback: watch the standard being kept.",
    "talk": "Try a standard with your own microphone and speaker.",
    "serve": "Take calls.",
    "doctor": "What is installed, what is missing, what to do.",
    "rehearse": "Run scenarios, in virtual time or over real SIP.",
    "standards": "List, check and compare service standards.",
    "understand": "How a sentence is read: wishes and answers.",
    "knowledge": "List, check and search what the house knows.",
    "prompts": "List, check and render what callers hear.",
    "models": "List, fetch and verify models.",
    "graph": "Diagrams of the call's states.",
    "requirements": "Every requirement, with the tests that prove it.",
    "approvals": "What calls ask a supervisor: list, grant, refuse.",
    "backends": "The house's own systems: list, ask one.",
    "incidents": "Faults that many callers have: list, close.",
    "promises": "What is owed to callers: list, make, cancel.",
    "records": "Calls, tickets and promises: list, show, export.",
    "db": "The database's tables: bring them up to date.",
    "asterisk": "Configuration for a PBX in front of us.",
}
"""Name -> one line of help, in the order in which a newcomer needs them."""


class Commands(click.Group):
    """Imports a subcommand when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The subcommand, or None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"ivr.cli.{cmd_name}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `ivr --help`, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command("ivr", cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ivr")
def cli() -> None:
    """Sanling 三铃: a Mandarin voice front line for a call centre, on its own box."""


def main() -> None:
    """Entry point of the `ivr` command."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    _speak_utf8()
    try:
        result = cli.main(list(arguments), prog_name="ivr", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return 1
    except (click.Abort, KeyboardInterrupt):
        return 130
    except click.ClickException as error:
        return _complain(_usage(error), error.exit_code)
    except UserError as error:
        return _complain(str(error), 2)
    except JobError as error:
        return _complain(str(error), 1)
    return result if isinstance(result, int) else 0


def _complain(what: str, code: int) -> int:
    click.echo(f"ivr: {' '.join(what.split())}", err=True)
    return code


def _usage(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    where = context.command_path if context else "ivr"
    return f"{error.format_message().rstrip('.')} → see {where} --help"


def _speak_utf8() -> None:
    """Chinese comes out whole whatever the locale is."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _drop_output() -> None:
    """Let the interpreter flush into nothing when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
