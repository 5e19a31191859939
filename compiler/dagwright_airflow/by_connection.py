"""Start a program with the dbt profile that a task would make from an Airflow connection.

    python -m dagwright_airflow.by_connection PROFILE FOLDER [PROGRAM ARGUMENT...]

For those who make a runtime ready, and look into it: `dagwright bake` and `dagwright doctor` start
dbt by this where Airflow is. PROFILE is the JSON of an artifact's `profile`, FOLDER gets the file.
Without a program, what the profile is made of is told. Secrets are in the environment of the
program alone, and are blanked out of what it prints.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

NO_CONNECTION: Final = 121
"""Exit status: this Airflow has no such connection, or cannot say."""
NO_PROFILE: Final = 122
"""Exit status: the connection lacks what the profile needs."""
NO_PROGRAM: Final = 127
"""Exit status: the program cannot be started."""

_CONTEXT: Final = "_AIRFLOW_PROCESS_CONTEXT"
"""Airflow 3 looks into its database only for processes that say they are no task's."""


def main(stated: str, folder: str, *argv: str) -> int:
    """Return the exit status of the program; where there is no profile, say why in one line."""
    before = os.environ.copy()
    os.environ.setdefault(_CONTEXT, "server")
    from dagwright_airflow.airflow_api import AirflowException, get_connection  # noqa: PLC0415
    from dagwright_airflow.profiles import make_profile  # noqa: PLC0415

    profile = json.loads(stated)
    try:
        get_connection(profile["connection"])
    except Exception as error:  # noqa: BLE001 (of whichever store of secrets; it may quote them)
        kind = type(error).__name__
        return _refuse(NO_CONNECTION, f"no Airflow connection {profile['connection']!r} ({kind})")
    try:
        made = make_profile(profile, _unrendered)
    except AirflowException as error:
        return _refuse(NO_PROFILE, str(error))
    made.write(Path(folder))
    if not argv:
        print(made.told)  # noqa: T201 (its output is its answer)
        return 0
    environment = {**before, "DBT_PROFILES_DIR": folder, **made.variables}
    return _run(argv, environment, made.secrets)


def _run(argv: tuple[str, ...], environment: dict[str, str], secrets: list[str]) -> int:
    """Return the exit status of a program, after what it printed was printed without secrets."""
    from dagwright_airflow.operators.blank import blanker  # noqa: PLC0415

    try:
        ended = subprocess.run(  # noqa: S603 (an argv list, of those who start this program)
            list(argv),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        return _refuse(NO_PROGRAM, f"{argv[0]}: {error.strerror}")
    sys.stdout.write(blanker(secrets)(ended.stdout))
    return ended.returncode


def _unrendered(value: Any) -> Any:
    """Return a template as it is: there is no task by which Airflow would fill it in."""
    return value


def _refuse(status: int, why: str) -> int:
    print(" ".join(why.split()))  # noqa: T201
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
