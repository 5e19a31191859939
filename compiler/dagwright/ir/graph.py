"""Tasks and the graph of them.

Everything here is frozen. A pass reads one graph and returns another; nobody else makes tasks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NewType

import msgspec

from dagwright.project.model import UniqueId

TaskId = NewType("TaskId", str)
"""Before `name_tasks` a dbt unique id (with a suffix for a node's tests); after it, Airflow's."""


class Verb(Enum):
    """What a task asks dbt to do."""

    SEED = "seed"
    RUN = "run"
    SNAPSHOT = "snapshot"
    FUNCTION = "function"
    TEST = "test"
    UNIT_TEST = "unit_test"
    BUILD = "build"
    FRESHNESS = "freshness"
    SHOW = "show"
    """Nothing: the task only stands in the picture."""


class Task(msgspec.Struct, frozen=True, gc=False):
    """One unit of work; `after` names the tasks that must succeed before it starts.

    `nodes` are the dbt resources it runs. `home` is set where the task is the test task of one
    node, and names that node. `group` is the path of Airflow task groups around it. A task that
    is not `rendered` is there only for the ordering that goes through it, until `contract`.

    A msgspec struct, because it is made anew by most passes and costs a fifth of a dataclass.
    """

    id: TaskId
    verb: Verb
    nodes: tuple[UniqueId, ...]
    after: frozenset[TaskId] = frozenset()
    home: UniqueId | None = None
    group: tuple[str, ...] = ()
    rendered: bool = True


@dataclass(frozen=True, slots=True)
class Graph:
    """Tasks by id, every task listed after all the tasks it waits for."""

    tasks: Mapping[TaskId, Task]

    def of(self, *verbs: Verb) -> Iterator[Task]:
        """Yield the tasks with one of these verbs, in graph order."""
        return (task for task in self.tasks.values() if task.verb in verbs)
