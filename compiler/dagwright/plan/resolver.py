"""Resolve requirements to exact versions with hashes: by uv if it is there, else by pip.

uv resolves for all platforms, and for any Python from the one that is asked for. pip resolves for
its own Python and platform alone. Index addresses and their passwords are read by both from the
environment, and stand in no lock.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from dagwright.programs import run_program

OLDEST_PYTHON: Final = "3.10"
"""For which a lock is made where the spec names no version."""

_VERSION: Final = re.compile(r"\d+\.\d+")
_LAST_LINES: Final = 15
_USER_IN_ADDRESS: Final = re.compile(r"(\w+://)[^/\s@]+@")


class UnresolvedError(Exception):
    """There is no answer: the reason, and the last lines of what the resolver printed."""

    def __init__(self, reason: str, output: str = "") -> None:
        """Keep both; passwords in addresses are left out."""
        super().__init__(reason)
        self.reason = reason
        last = "\n".join(output.strip().splitlines()[-_LAST_LINES:])
        self.output = _USER_IN_ADDRESS.sub(r"\1***@", last)


def resolve_requirements(lines: Sequence[str], python: str | None, before: str | None) -> str:
    """Return the packages that satisfy `lines`, one a line, each followed by its hashes.

    Args:
        lines: the requirements.
        python: the version of Python, or a path, whose version nobody knows here.
        before: an earlier lock, whose versions are kept as far as they go.

    Raises:
        UnresolvedError: there is no answer.
    """
    version = python if python is not None and _VERSION.fullmatch(python) else None
    with tempfile.TemporaryDirectory(prefix="dagwright-") as scratch:
        wanted, lock = Path(scratch, "requirements.in"), Path(scratch, "requirements.txt")
        wanted.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
        if uv is None:
            return _by_pip(wanted, version, Path(scratch, "report.json"))
        if before is not None:
            lock.write_text(before, encoding="utf-8")
        argv = [
            uv,
            "pip",
            "compile",
            "--quiet",
            "--no-config",
            "--no-python-downloads",
            "--universal",
            "--generate-hashes",
        ]
        argv += ["--no-header", "--no-annotate", "--python-version", version or OLDEST_PYTHON]
        _ran([*argv, str(wanted), "--output-file", str(lock)])
        text = lock.read_text(encoding="utf-8")
    return "".join(f"{line}\n" for line in text.splitlines() if not line.startswith("#"))


def _by_pip(wanted: Path, version: str | None, told: Path) -> str:
    own = ".".join(map(str, sys.version_info[:2]))
    if version not in {None, own}:
        reason = f"pip resolves for Python {own} alone, and {version} is wanted: install uv"
        raise UnresolvedError(reason)
    argv = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
    argv += ["--disable-pip-version-check", "--no-input", "--report", str(told)]
    _ran([*argv, "--requirement", str(wanted)])
    report: Any = json.loads(told.read_text(encoding="utf-8"))
    pins = []
    for package in report["install"]:
        name = re.sub(r"[-_.]+", "-", package["metadata"]["name"]).lower()
        where = package["download_info"]
        direct = f" @ {where['url']}" if package["is_direct"] else ""
        hashes = where.get("archive_info", {}).get("hashes", {})
        pin = f"{name}{direct or '==' + package['metadata']['version']}"
        pins.append(f"{pin} \\\n    --hash=sha256:{hashes.get('sha256', '')}\n")
    return "".join(sorted(pins))


def _ran(argv: list[str]) -> None:
    name = Path(argv[0]).name
    try:
        code, output = run_program(argv, os.environ)
    except OSError as error:
        raise UnresolvedError(f"{name} did not start: {error.strerror}") from error
    if code != 0:
        raise UnresolvedError(f"{name} exited with {code}", output)
