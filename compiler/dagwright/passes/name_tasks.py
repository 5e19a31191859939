"""Give every task the id that Airflow knows it by.

    run model.shop.orders                  run shop.orders.run
    test model.shop.orders#test        =>  test shop.orders.test
    test test.shop.totals.1a2b             test shop.totals.1a2b.data_test

An id is the dbt unique id without its type, then the task's role. The role says the type, so no
two tasks share an id: the roles `run`, `seed`, `snapshot` and `function` stand for one dbt type
each, and `test`, `unit_test` and `build` are about a model, seed or snapshot, whose names dbt
keeps apart within a package. Sources have the roles `source` and `source_test`. Of a task that
was split, the second part has a `.2` behind its role, which no role ends with, and so on.

It depends on the unique id and the role alone: adding a test, moving a file or grouping anew
renames no other task. Airflow takes letters, digits, `_`, `-` and `.`: any other character, and
the dash itself, is written as its number in hex between dashes. An id that would be longer than
`LONGEST` ends in a digest of the whole.

Needs: tests are placed.
Keeps: every task, every edge.
Leaves: nothing.
"""

from __future__ import annotations

import re
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from dagwright.diagnostics import CompilerBug
from dagwright.ir.graph import Graph, Task, TaskId, Verb
from dagwright.passes.context import Context
from dagwright.passes.place_tests import ALL_TESTS

LONGEST: Final = 200
"""Airflow allows 250 characters; the rest is for the task group that a loader may put before."""

ALL_TESTS_NAME: Final = TaskId("all.tests")
"""Two words, so that it is neither a node's id (three or more) nor a group's (one)."""

ROLES: Final = MappingProxyType(
    {
        Verb.SEED: "seed",
        Verb.RUN: "run",
        Verb.SNAPSHOT: "snapshot",
        Verb.FUNCTION: "function",
        Verb.TEST: "data_test",
        Verb.UNIT_TEST: "unit_test",
        Verb.BUILD: "build",
        Verb.FRESHNESS: "source",
        Verb.SHOW: "ephemeral",
    }
)
"""The last word of an id, for a task that is not the test task of one node."""

_OTHER: Final = re.compile(r"[^A-Za-z0-9_.]")


def name_tasks(graph: Graph, _context: Context) -> Graph:
    """Return `graph` with Airflow's ids for its tasks."""
    names = {task.id: name_of(task) for task in graph.tasks.values()}
    if len(set(names.values())) < len(names):
        raise CompilerBug("two tasks have one id: the digest of a long name collides")
    return Graph(
        {
            names[task.id]: replace(
                task, id=names[task.id], after=frozenset(map(names.__getitem__, task.after))
            )
            for task in graph.tasks.values()
        }
    )


def name_of(task: Task) -> TaskId:
    """Return Airflow's id for a task, from its dbt unique id and its role alone."""
    part = part_of(task)
    number = f".{part}" if part > 1 else ""
    if task.id.startswith(ALL_TESTS):
        return TaskId(f"{ALL_TESTS_NAME}{number}")
    kind, _, rest = str(task.home or task.id).partition(".")
    return TaskId(shortened(f"{escaped(rest)}.{role_of(task, kind)}{number}"))


def part_of(task: Task) -> int:
    """Return which part of a split task this is; 1 where there is but one, or it is the first."""
    start = ALL_TESTS if task.home is None else task.home
    number = task.id.removeprefix(start).rpartition("#")[2] if task.id.startswith(start) else ""
    return int(number) if number.isdecimal() else 1


def role_of(task: Task, kind: str) -> str:
    """Return the role of a task; `kind` is the dbt type of what it is about."""
    if task.home is not None:
        words = "unit_test" if task.verb is Verb.UNIT_TEST else "test"
        return f"source_{words}" if kind == "source" else words
    shown_seed = kind == "seed" and task.verb is Verb.SHOW
    return kind if kind == "source" or shown_seed else ROLES[task.verb]


def escaped(text: str) -> str:
    """Return `text` in ASCII letters, digits, `_`, `.` and dashes; different texts stay different.

    Example:
        >>> escaped("naïve-model")
        'na-ef-ve-2d-model'
    """
    return _OTHER.sub(lambda match: f"-{ord(match.group()):x}-", text)


def shortened(name: str) -> str:
    """Return `name`, or its start and a digest of the whole where it is longer than `LONGEST`.

    No escape starts with `-h`, so a shortened name equals no other.
    """
    if len(name) <= LONGEST:
        return name
    digest = sha256(name.encode()).hexdigest()[:16]
    return f"{name[: LONGEST - len(digest) - 2]}-h{digest}"
