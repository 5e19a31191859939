"""Make the tables of what each Airflow accepts anew: python tests/airflow_tables

Installs every version in an environment of its own under .build/airflow (by uv, from PyPI, with
no constraints), asks it with probe.py, and writes what they say into the compiler. The versions
are the newest patches of the day: read the difference before committing it. Then each of them
loads an artifact with everything that its table says it takes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

sys.path.insert(1, str(Path(__file__).parents[1]))

from tables import MODULE, PROBE, VERSIONS, Tables, module_text

from manifests import manifest

COMPILER: Final = MODULE.parents[2]
ENVIRONMENTS: Final = COMPILER.parent / ".build/airflow"
MODELS: Final = "model.shop.orders\nmodel.shop.revenue <- model.shop.orders\n"


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


def make_tables() -> None:
    """Ask every version, and write the module."""
    made: Tables = {}
    for version in VERSIONS:
        sys.stderr.write(f"asking Airflow {version}\n")
        asked = run(version, str(PROBE))
        made.update(json.loads(asked.splitlines()[-1]))
    MODULE.write_text(module_text(made), encoding="utf-8")


def run(version: str, *words: str, **environment: str) -> str:
    """Return what a program prints under that Airflow."""
    given = {**os.environ, "AIRFLOW__CORE__EXECUTOR": "LocalExecutor", **environment}
    command = [str(installed(version)), *words]
    done = subprocess.run(command, capture_output=True, text=True, env=given, check=False)
    if done.returncode:
        raise SystemExit(f"Airflow {version}: {done.stderr}")
    return done.stdout


def load_everywhere() -> bool:
    """Return whether every version loads all that the new tables say it takes."""
    # Imported here, since it reads the tables that have just been made.
    from everything import ALERTS, spec_text  # noqa: PLC0415

    whole = True
    for version in VERSIONS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "shop/target").mkdir(parents=True)
            (folder / "shop/target/manifest.json").write_bytes(manifest(MODELS))
            (folder / "shop.dagwright.yaml").write_text(spec_text(version))
            (folder / "shop_alerts.py").write_text(ALERTS)
            compiler = [sys.executable, "-m", "dagwright", "compile", "shop.dagwright.yaml"]
            subprocess.run(compiler, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            paths = {"AIRFLOW_HOME": name, "PYTHONPATH": str(COMPILER)}
            said = run(version, str(PROBE.with_name("loads.py")), name, **paths)
        broken = [line for line in said.splitlines() if line.startswith("broken: ")]
        sys.stderr.write("".join(f"Airflow {version} {line}\n" for line in broken))
        sys.stderr.write(f"Airflow {version} loads it\n" if not broken else "")
        whole = whole and not broken
    return whole


if __name__ == "__main__":
    make_tables()
    sys.exit(0 if load_everywhere() else 1)
