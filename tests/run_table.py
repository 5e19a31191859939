"""What really ran: the rows of `runs.toml` and `faults.toml`, and the tables made from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tomllib

DATA = Path(__file__).with_name("runs.toml")
FAULTS = Path(__file__).with_name("faults.toml")


@dataclass(frozen=True)
class Run:
    """One row: what was run, on which parts, and the target and the tests that repeat it."""

    modes: tuple[str, ...]
    ran: str
    on: str
    repeat: str
    tests: tuple[str, ...]


def runs() -> list[Run]:
    """Return the rows, in their order."""
    rows = tomllib.loads(DATA.read_text(encoding="utf-8"))["run"]
    return [
        Run(**{**row, "modes": tuple(row["modes"]), "tests": tuple(row["tests"])}) for row in rows
    ]


def table() -> str:
    """Return the rows as Markdown; each file of tests is a link."""
    lines = ["| mode | what really ran | on what | to repeat it |", "| --- | --- | --- | --- |"]
    for run in runs():
        files = sorted({test.partition("::")[0] for test in run.tests})
        links = ", ".join(f"[{Path(one).name}]({one})" for one in files)
        modes = ", ".join(f"`{mode}`" for mode in run.modes)
        lines.append(f"| {modes} | {run.ran} | {run.on} | `{run.repeat}`: {links} |")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Fault:
    """What goes wrong in watcher mode, what comes of it, and the tests that show it."""

    what: str
    then: str
    tests: tuple[str, ...]


def faults() -> list[Fault]:
    """Return the rows, in their order."""
    rows = tomllib.loads(FAULTS.read_text(encoding="utf-8"))["fault"]
    return [Fault(**{**row, "tests": tuple(row["tests"])}) for row in rows]


def faults_table(_written: str) -> str:
    """Return the rows as Markdown."""
    lines = ["| what goes wrong | what comes of it | seen in |", "| --- | --- | --- |"]
    for fault in faults():
        seen = ", ".join(f"`{test.partition('::')[2]}`" for test in fault.tests)
        lines.append(f"| {fault.what} | {fault.then} | {seen} |")
    return "\n".join(lines) + "\n"
