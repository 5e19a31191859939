"""Measure against the budgets, side by side in one run: python tests/bench [--large]

Prints one Markdown table of ratios. Each number is a median of fresh processes, in CPU seconds,
so that other work on the machine disturbs it little; only the ratios mean anything elsewhere.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Final, Literal

CASES: Final = Path(__file__).with_name("cases.py")
MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Budget:
    """One row: a case at a size, against another case (a ratio), or against a limit."""

    what: str
    case: str
    models: int
    limit: float | None
    against: str | None = None
    unit: Literal["cpu", "wall", "bytes"] = "cpu"


BUDGETS: Final = (
    Budget("build, against `>>` by hand", "shim", 100, 1.0, "bash_by_hand"),
    Budget("build, against `>>` by hand", "shim", 1_000, 0.5, "bash_by_hand"),
    Budget("build, against `>>` by hand (stretch)", "shim", 1_000, 0.1, "bash_by_hand"),
    Budget("build, against `>>` by hand", "shim", 5_000, 0.15, "bash_by_hand"),
    Budget("build, against cosmos", "shim", 1_000, 0.12, "cosmos"),
    Budget("build, against cosmos", "shim", 5_000, 0.08, "cosmos"),
    Budget("memory, against the same by hand", "shim", 1_000, 1.0, "same_by_hand", "bytes"),
    Budget("memory, against the same by hand", "shim", 5_000, 1.0, "same_by_hand", "bytes"),
    Budget("worker gets one task", "worker", 5_000, 0.020),
    Budget("worker gets one task, 1 of 40 DAGs", "worker_of_forty", 1_000, 0.020),
    Budget("import of the runtime", "runtime_import", 0, 0.020),
    Budget("one task, over its dbt (wall)", "operator", 0, 0.300, unit="wall"),
    Budget("one model, by the API, against dbt", "task_by_api", 300, 1.0, "plain_dbt", "wall"),
    Budget("one model, by the program", "task_by_program", 300, 1.15, "plain_dbt", "wall"),
    Budget("one model, against cosmos", "task_by_api", 300, 1.0, "cosmos_task", "wall"),
    Budget("one model, by the API, against dbt", "task_by_api", 1_000, 1.0, "plain_dbt", "wall"),
    Budget("one model, against cosmos", "task_by_api", 1_000, 1.0, "cosmos_task", "wall"),
    Budget("compile, against decoding alone", "compiler", 1_000, 3.0, "decode"),
    Budget("compile, against decoding alone", "compiler", 5_000, 3.0, "decode"),
)
LARGE: Final = (
    Budget("build, against `>>` by hand", "shim", 20_000, None, "bash_by_hand"),
    Budget("worker gets one task", "worker", 20_000, 0.020),
    Budget("worker gets one task, 1 of 40 DAGs", "worker_of_forty", 20_000, 0.020),
    Budget("compile, against decoding alone", "compiler", 20_000, 3.0, "decode"),
)


@dataclass(frozen=True, slots=True)
class Bench:
    """Runs cases in fresh processes, and remembers what they took."""

    root: Path
    repeats: int
    taken: dict[tuple[str, int], dict[str, float]]

    def measure(self, case: str, models: int) -> dict[str, float]:
        """Return the medians of `case` for a project with `models` models."""
        if (case, models) not in self.taken:
            runs = [self._run(case, models) for _ in range(self.repeats)]
            medians = {unit: median(run[unit] for run in runs) for unit in runs[0]}
            self.taken[case, models] = medians
        return self.taken[case, models]

    def _run(self, case: str, models: int) -> dict[str, float]:
        folder = self.root / f"{case}-{models}"
        folder.mkdir(exist_ok=True)
        environment = {
            **os.environ,
            "AIRFLOW_HOME": str(self.root / "airflow"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        }
        words = [sys.executable, str(CASES), case, str(folder), str(models)]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{case} at {models} models failed:\n{done.stdout}{done.stderr}")
        taken: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return taken


def rows(bench: Bench, budgets: Sequence[Budget]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of the table, row by row."""
    yield ("what", "models", "ours", "against", "ratio", "budget", "")
    for budget in budgets:
        if "cosmos" in f"{budget.case} {budget.against}" and find_spec("cosmos") is None:
            continue
        ours = bench.measure(budget.case, budget.models)[budget.unit]
        other = (
            bench.measure(budget.against, budget.models)[budget.unit] if budget.against else None
        )
        reached = ours if other is None else ours / other
        limit = budget.limit
        yield (
            budget.what,
            f"{budget.models:,}" if budget.models else "",
            _amount(ours, budget.unit),
            "" if other is None else _amount(other, budget.unit),
            "" if other is None else f"{reached:.3f}",
            "" if limit is None else f"{limit:g}" if other is not None else _amount(limit, "cpu"),
            "" if limit is None else "kept" if reached <= limit else "**missed**",
        )


def _amount(value: float, unit: str) -> str:
    if unit == "bytes":
        return f"{value / MIB:.0f} MiB"
    return f"{value * 1_000:.1f} ms" if value < 1 else f"{value:.2f} s"


def main() -> None:
    """Print the table, row by row as it is measured."""
    parser = argparse.ArgumentParser(description="Measure dagwright against its budgets.")
    parser.add_argument("--large", action="store_true", help="20,000 models too: many minutes")
    parser.add_argument("--repeats", type=int, default=3, help="fresh processes a number")
    parser.add_argument("--only", default="", help="rows whose first cell holds this text")
    given = parser.parse_args()
    budgets = [
        one for one in (*BUDGETS, *(LARGE if given.large else ())) if given.only in one.what
    ]
    with tempfile.TemporaryDirectory(prefix="dagwright-bench-") as root:
        bench = Bench(Path(root), given.repeats, {})
        for number, cells in enumerate(rows(bench, budgets)):
            sys.stdout.write(f"| {' | '.join(cells)} |\n")
            if number == 0:
                sys.stdout.write(f"|{'---|' * len(cells)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
