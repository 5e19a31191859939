"""Make the tables of what each Airflow accepts anew: python tests/airflow_tables

Installs every version in an environment of its own under .build/airflow (by uv, from PyPI, with
no constraints), asks it with probe.py, and writes what they say into the compiler. The versions
are the newest patches of the day: read the difference before committing it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent))

from tables import MODULE, PROBE, VERSIONS, Tables, module_text

ENVIRONMENTS: Final = MODULE.parents[3] / ".build/airflow"


def installed(version: str) -> Path:
    """Return the interpreter of an environment with that Airflow, made if it is not there."""
    python = ENVIRONMENTS / version / "bin/python"
    if not python.exists():
        package = "apache-airflow" if version.startswith("2.") else "apache-airflow-core"
        uv = [sys.executable, "-m", "uv"]
        folder = str(ENVIRONMENTS / version)
        subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
        wanted = ["--python", str(python), f"{package}=={version}.*"]
        subprocess.run([*uv, "pip", "install", "--quiet", *wanted], check=True)
    return python


def main() -> None:
    """Ask every version, and write the module."""
    made: Tables = {}
    for version in VERSIONS:
        sys.stderr.write(f"Airflow {version}\n")
        asked = subprocess.run(
            [installed(version), PROBE], check=True, capture_output=True, text=True
        )
        made.update(json.loads(asked.stdout.splitlines()[-1]))
    MODULE.write_text(module_text(made), encoding="utf-8")


if __name__ == "__main__":
    main()
