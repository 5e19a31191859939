"""A copy of the sample shop and its specs, parsed by the real dbt once a test session."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFIGS = Path(__file__).parent.parent / "configs"
BIN = Path(sys.executable).parent
MADE = shutil.ignore_patterns(
    "target", "logs", "*.duckdb*", ".user.yml", "compiled", "__pycache__"
)


@pytest.fixture(scope="session")
def parsed_configs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`configs/` with the shop's manifest in place; tests must not write into it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    root = shared / "configs"
    with (shared / "configs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "shop/target/manifest.json").exists():
            shutil.copytree(CONFIGS, root, ignore=MADE, dirs_exist_ok=True)
            parse = [str(BIN / "dbt"), "parse", "--project-dir", "shop", "--profiles-dir", "shop"]
            done = subprocess.run(parse, cwd=root, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture
def configs(parsed_configs: Path, tmp_path: Path) -> Path:
    """A parsed `configs/` of the test's own."""
    return Path(shutil.copytree(parsed_configs, tmp_path / "configs"))
