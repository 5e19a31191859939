"""Mode `watcher`: one dbt build, followed by a light task a node."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dagwright.spec.model.execute.local import LocalKeys
from dagwright.spec.model.execute.part import ExecuteCommon
from dagwright.spec.model.settings import TaskSettings
from dagwright.spec.model.words import Duration, SpecPart


class ProducerKeys(SpecPart):
    """The keys that every producer has."""

    task: TaskSettings = Field(default_factory=TaskSettings)
    """Airflow's settings of the producer's task; it is retried twice if nothing is said."""


class LocalProducer(ProducerKeys, LocalKeys):
    """dbt runs where the Airflow worker runs, once for all tasks."""

    mode: Literal["local"]
    """Where dbt runs."""


Producer = Annotated[LocalProducer, Field()]
"""Where the one dbt build runs: a mode with its own keys."""


class WatcherKeys(SpecPart):
    """The keys that only `watcher` has."""

    producer: Producer
    """Where the one dbt build runs: a mode with its own keys."""
    wait: Duration = 86_400
    """How long a task waits for the producer to tell of its nodes, before it fails."""


class Watcher(ExecuteCommon, WatcherKeys):
    """One `dbt build` runs all nodes, and each task follows its own."""

    mode: Literal["watcher"]
    """Where dbt runs."""
