"""Debian's packages, for the programs that tests start and that pip does not have."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dagwright"
"""Where what takes minutes to make is kept between runs."""


def search_path() -> str:
    """Return the PATH, and the folders of the programs that only root has there."""
    return os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


def require(program: str, *packages: str) -> None:
    """Install `packages` if `program` is missing; skip where nobody may."""
    if shutil.which(program, path=search_path()) is None:
        install(*packages)


def install(*packages: str) -> None:
    """Install packages without starting what they hold; skip where nobody may."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        pytest.skip(f"{packages[0]} is missing, and only root can install it by apt-get")
    policy = Path("/usr/sbin/policy-rc.d")
    own = not policy.exists()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        scratch.chmod(0o1777)  # apt's own account writes there.
        if own:
            policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
            policy.chmod(0o755)
        environment = {**os.environ, "TMPDIR": folder, "DEBIAN_FRONTEND": "noninteractive"}
        try:
            for words in (["update"], ["install", "--no-install-recommends", *packages]):
                done = subprocess.run(
                    ["apt-get", "--yes", "-qq", *words],
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, done.stdout + done.stderr
        finally:
            if own:
                policy.unlink()
