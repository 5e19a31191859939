"""Load into the Airflow of this interpreter the artifacts below a folder: loads.py FOLDER

Prints the reason of each one that is broken, so nothing where all is well.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

from dagwright_airflow import load_dags  # noqa: E402 - some Airflows warn on import

folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
for dag in load_dags(folder / "loader.py", "compiled", callbacks=("shop_alerts",)).values():
    if "broken-artifact" in dag.tags:
        sys.stdout.write(f"broken: {dag.tasks[0].reason}\n")
