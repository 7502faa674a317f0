"""`ivr serve`: the service."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.cli.options import config_option


@click.command()
@config_option
@click.option(
    "--journal",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Append what happens, as JSON lines. For a look at a few calls: it grows, and no retention prunes it.",
)
@click.option("--debug", is_flag=True, help="Log everything, telephone numbers in clear.")
def command(config: Path | None, journal: Path | None, debug: bool) -> None:
    """Take calls until told to stop.

    SIGTERM or Ctrl-C: no new calls, running ones finish; a second time: end at once. SIGHUP: read the standards anew.
    """
    import asyncio
    import logging

    from ivr.config import load
    from ivr.service import logs, startup
    from ivr.service.journal import Journal
    from ivr.service.parent import Parent

    settings = load(config)
    logs.configure(logging.DEBUG if debug else logging.INFO)
    startup.check(settings)
    Journal(journal).close()  # whether it can be written
    startup.open_records(settings)

    async def serve() -> None:
        def recheck() -> None:
            startup.check_wording(settings)

        await Parent(settings, journal, announce=click.echo, recheck=recheck, debug=debug).run()

    asyncio.run(serve())
