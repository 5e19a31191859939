"""A throw-away PostgreSQL on a loopback port, started by the tests and gone with them.

The server is Debian's, of any version. It refuses to run as root, so root runs it by the account
`postgres`; where tests run by another account, that one does. Durability is off.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg2
import pytest

from dagwright_airflow import leash

_INSTALLED: Final = Path("/usr/lib/postgresql")
_USER: Final = "shop"
_SETTINGS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server: a superuser `shop` whose password is checked, and a database of it."""

    port: int
    password: str
    host: str = "127.0.0.1"
    user: str = _USER
    database: str = "shop"

    def connect(self, database: str | None = None) -> Any:
        """Return a connection that commits each statement."""
        connection = psycopg2.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database or self.database,
        )
        connection.autocommit = True
        return connection

    def rows(self, query: str, *values: object, database: str | None = None) -> list[Any]:
        """Return what `query` gives; an empty list where it gives no rows."""
        with closing(self.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def create_database(self, name: str) -> str:
        """Return `name`, of a database that is empty now."""
        self.rows(f'drop database if exists "{name}" with (force)', database="postgres")
        self.rows(f'create database "{name}"', database="postgres")
        return name

    def url(self, database: str, driver: str = "postgresql+psycopg2") -> str:
        """Return SQLAlchemy's address of a database."""
        return f"{driver}://{self.user}:{self.password}@{self.host}:{self.port}/{database}"


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Yield a server that ends with this process, however that ends."""
    programs = _programs()
    account = _account()
    root = Path(tempfile.mkdtemp(prefix="dagwright-pg-"))
    password = f"pw-{os.urandom(8).hex()}"
    try:
        secret = root / "password"
        secret.write_text(password, encoding="utf-8")
        if account:
            for path in (root, secret):
                shutil.chown(path, account["user"], account["group"])
        cluster = root / "data"
        initdb = [programs / "initdb", "-D", cluster, "-U", _USER, "--no-sync"]
        initdb += ["--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--locale=C"]
        done = subprocess.run(
            initdb, capture_output=True, text=True, check=False, cwd=root, **account
        )
        assert done.returncode == 0, done.stdout + done.stderr
        port = free_port()
        settings = {**_SETTINGS, "port": str(port), "unix_socket_directories": str(root)}
        argv = [*_as(account), str(programs / "postgres"), "-D", str(cluster)]
        argv += [word for item in settings.items() for word in ("-c", "=".join(item))]
        log = root / "log"
        with (
            log.open("wb") as output,
            subprocess.Popen(
                [sys.executable, "-I", "-S", leash.__file__, leash.RUN, *argv],
                stdin=subprocess.PIPE,  # Closed when this process ends: the server ends too.
                stdout=output,
                stderr=output,
                cwd=root,
            ) as server,
        ):
            try:
                yield _ready(Postgres(port, password), server, log)
            finally:
                server.communicate()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _ready(postgres: Postgres, server: subprocess.Popen[bytes], log: Path) -> Postgres:
    """Return `postgres` when it answers, with the database that is named like its user."""
    until = time.monotonic() + 60
    while not _answers(postgres):
        wrong = log.read_text(encoding="utf-8", errors="replace")
        assert server.poll() is None, wrong
        assert time.monotonic() < until, wrong
        time.sleep(0.1)
    postgres.create_database(postgres.database)
    return postgres


def _answers(postgres: Postgres) -> bool:
    try:
        return bool(postgres.rows("select 1", database="postgres"))
    except psycopg2.OperationalError:
        return False


def _account() -> Mapping[str, Any]:
    """Return as whom a server may run, in the words of `subprocess`; nothing for this account."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return {}


def _as(account: Mapping[str, Any]) -> list[str]:
    """Return what runs a program as `account`: the leash stays root's, whose Python it is."""
    if not account:
        return []
    setpriv = shutil.which("setpriv")
    assert setpriv, "root runs PostgreSQL by `setpriv`, of util-linux"
    return [setpriv, f"--reuid={account['user']}", f"--regid={account['group']}", "--clear-groups"]


def _programs() -> Path:
    """Return the folder of the server's programs, installed by apt where that is possible.

    Without a server the test is skipped, with the reason; in CI (`CI=true`) it fails.
    """
    found = _found()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        for words in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
            subprocess.run(
                ["apt-get", "-qq", *words],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                capture_output=True,
                check=False,
            )
        found = _found()
    if found is not None:
        return found
    missing = "no PostgreSQL server here: on Debian, `apt-get install postgresql`"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


def _found() -> Path | None:
    places = sorted(_INSTALLED.glob("*/bin"), key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    if on_path:
        places.append(Path(on_path).parent)
    able = [place for place in places if (place / "initdb").exists()]
    return able[-1] if able else None
