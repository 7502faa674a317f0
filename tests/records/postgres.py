"""A PostgreSQL of our own: a cluster in a temporary folder, behind a Unix socket, gone when it is closed.

Debian's package is used wherever it lies; its system cluster is neither needed nor touched.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

HOW = "PostgreSQL is not installed: apt-get install postgresql"
_OWNER = "ivr"


def programs() -> Path | None:
    """Folder of `initdb` and `postgres`, the newest there is; None where it is not installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    found = debian[-1] if debian else Path(on_path).resolve() if on_path else None
    return found.parent if found else None


class Cluster:
    """Started by `start`; survives `crash`, and starts again with what was committed."""

    def __init__(self, binaries: Path, *, safe: bool = False) -> None:
        """`safe`: what is committed is on the disk; tests, in which only processes die, are quicker without."""
        self.folder = Path(tempfile.mkdtemp(prefix="ivr-postgres-"))
        self._binaries = binaries
        self._user = _somebody() if os.geteuid() == 0 else None
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "--auth=trust", f"--username={_OWNER}", "--encoding=UTF8", "--no-locale", "--no-sync")
        options = ["listen_addresses=", f"unix_socket_directories={self.folder}", f"fsync={'on' if safe else 'off'}"]
        with (self.folder / "data" / "postgresql.conf").open("a", encoding="ascii") as file:
            file.writelines(re.sub("=(.*)", r" = '\1'\n", option) for option in options)

    def url(self, name: str) -> str:
        """Of a database of that name."""
        return f"postgresql://{_OWNER}@/{name}?host={self.folder}"

    def start(self) -> None:
        """Returns when it takes connections."""
        self._run("pg_ctl", "start", "--wait", f"--log={self.folder / 'log'}")

    def crash(self) -> None:
        """As by a power cut, for all that its clients see: no answer to what is under way."""
        self._run("pg_ctl", "stop", "--mode=immediate")

    def restart(self) -> None:
        """As an administrator does it; clients lose their connections."""
        self._run("pg_ctl", "restart", "--mode=fast", f"--log={self.folder / 'log'}")

    def create(self, name: str, template: str = "template0") -> str:
        """A database; returns its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template))))
        return self.url(name)

    def drop(self, name: str) -> None:
        """Away with a database, whoever is connected."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def close(self) -> None:
        """Ends it, and takes its files away."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), f"--pgdata={self.folder / 'data'}", *arguments]
        user, group = (self._user.pw_uid, self._user.pw_gid) if self._user else (None, None)
        with (self.folder / "output").open("ab") as output:  # not a pipe: the server would keep it open
            done = subprocess.run(
                command,
                cwd=self.folder,
                stdout=output,
                stderr=output,
                user=user,
                group=group,
                extra_groups=[] if self._user else None,
                check=False,
            )
        assert not done.returncode, f"{program}: {(self.folder / 'output').read_text(errors='replace')}"


def _somebody() -> pwd.struct_passwd:
    """PostgreSQL refuses to be root."""
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]
