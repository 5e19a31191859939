"""The real dbt in a virtual environment that its first task makes, once a test session."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from dagwright.cli import program

PYTHON = ".".join(map(str, sys.version_info[:2]))
ENTRY = re.compile(r"^#.*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class DbtEnvironment:
    """A lock of the dbt that these tests have, and a folder of environments that only it is in."""

    requirements: tuple[str, ...]
    lock: Path
    folder: Path

    @property
    def stated(self) -> dict[str, str]:
        """What an artifact states of it."""
        return {"lock": ENTRY.sub("", self.lock.read_text()), "folder": str(self.folder)}

    @property
    def keys(self) -> str:
        """What a spec states of it, below `execute`; the lock is not made anew for it."""
        return (
            f"  requirements: {list(self.requirements)}\n"
            f'  python: "{PYTHON}"\n'
            f"  venv_dir: {self.folder}\n"
        )

    @property
    def places(self) -> list[Path]:
        """The environments that tasks have made: none, or one."""
        return [path for path in self.folder.glob("*") if path.is_symlink()]


@pytest.fixture(scope="session")
def dbt_environment(
    parsed_configs: Path, tmp_path_factory: pytest.TempPathFactory
) -> DbtEnvironment:
    """The lock as `dagwright compile` makes it; the packages come from the index in use."""
    root = tmp_path_factory.mktemp("environment")
    wanted = tuple(f"{name}=={version(name)}" for name in ("dbt-core", "dbt-duckdb"))
    spec = root / "shop.dagwright.yaml"
    spec.write_text(
        "version: 1\n"
        "dag: {id: shop}\n"
        f"render: {{project_dir: {parsed_configs / 'shop'}}}\n"
        "execute:\n"
        "  mode: virtualenv\n"
        f"  requirements: {list(wanted)}\n"
        f'  python: "{PYTHON}"\n'
        "  project_dir: /srv/shop\n"
    )
    made = CliRunner().invoke(program, ["compile", str(spec)], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    return DbtEnvironment(wanted, root / "shop.requirements.lock", root / "venvs")
