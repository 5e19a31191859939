"""Print what the comparison finds: `python tests/differential/report.py FIRST LAST [PYTHON]`.

Requests are numbered; the same number is the same request for good. PYTHON is an interpreter
that has dbt, where it is not the one that runs this: so that any release can be asked.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from differential.arbitrary import Requests, Vocabulary
from differential.compare import Sides


def main(first: str, last: str, python: str = sys.executable) -> int:
    """Return 1 where any answer differs, else 0."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        sides = Sides(Path(folder), python)
        requests = Requests(Vocabulary(sides.root / "target" / "manifest.json"))
        checked = sides.check(requests.request(number) for number in range(int(first), int(last)))
    different = [one for one in checked if not one.same]
    for one in different:
        sys.stdout.write(f"{one}\n")
    refused = sum(one.ours is None for one in checked)
    empty = sum(one.ours == [] for one in checked)
    seconds = time.monotonic() - started
    sys.stdout.write(
        f"dbt {sides.project.metadata.dbt_version}: {len(checked)} cases, "
        f"{len(different)} differences ({refused} answers are refusals, {empty} are empty), "
        f"{seconds:.0f} seconds\n"
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
