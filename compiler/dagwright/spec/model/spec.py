"""The whole spec: one file, one DAG or task group, one dbt project."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from dagwright.spec.model.dag import Dag, TaskGroup
from dagwright.spec.model.execute import Execute
from dagwright.spec.model.render import Render
from dagwright.spec.model.words import Data, Form, SpecPart

_RANGE: Final = r"\s*(?:>=|<=|>|<|==|!=)\s*[0-9]+(?:\.[0-9]+){0,2}\s*"
_EQUAL: Final = r"\s*(?:==|!=)\s*[0-9]+(?:\.[0-9]+){0,1}\.\*\s*"
_NEAR: Final = r"\s*~=\s*[0-9]+(?:\.[0-9]+){1,2}\s*"
_CLAUSE: Final = f"(?:{_RANGE}|{_EQUAL}|{_NEAR})"
Versions = Annotated[
    str,
    Form(f"{_CLAUSE}(?:,{_CLAUSE})*", "a range of versions such as `>=3.0` or `>=2.10,<3`"),
]


def _whole_number(value: object) -> object:
    """Return `value`, if it is no boolean: to Python, `True` is as good as 1."""
    if type(value) is not int:
        raise PydanticCustomError("int_type", "a whole number")
    return value


VERSION: Final = 1
"""The newest version of the language, the one that the model is of."""

Version = Annotated[Literal[1], BeforeValidator(_whole_number)]


class Requires(SpecPart):
    """What the artifact needs, where it is loaded and before."""

    airflow: Versions | None = None
    """The versions of Airflow that will load the artifact; `>=3.0` if not given."""
    schemas: bool = False
    """Whether what is sent must have been checked by the official model of the mode."""


class EnvironmentDag(SpecPart):
    """The few arguments of the DAG that an environment may change."""

    schedule: Any = None
    """When it runs in this environment, as `dag.schedule`."""
    tags: Any = None
    """The tags in this environment, instead of `dag.tags`."""
    default_args: Data | None = None
    """Settings of every task in this environment, over those of `dag.default_args`."""


class Environment(SpecPart):
    """A named overlay; it never changes the shape of the DAG.

    What it gives is checked where it is merged: only the keys at its top are known here.
    """

    execute: Data | None = None
    """Keys over those of `execute`; another `mode` keeps only the keys that every mode has."""
    dag: EnvironmentDag | None = None
    """Arguments of the DAG over those of `dag`."""


EnvironmentName = Annotated[
    str,
    Form(
        r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99}",
        "the name of an environment: 1 to 100 letters, digits, dashes, dots and underscores",
    ),
]


class Spec(SpecPart):
    """A dagwright spec: what runs of one dbt project, and how, as one Airflow DAG."""

    version: Version
    """The version of the spec language; always 1."""
    extends: str | None = None
    """Another spec that this one adds to: mappings are merged, everything else is replaced."""
    requires: Requires = Field(default_factory=Requires)
    """What the artifact needs where it is loaded."""
    dag: Dag | None = None
    """The DAG, in Airflow's own words."""
    task_group: TaskGroup | None = None
    """A task group for a hand-written DAG, instead of `dag`."""
    render: Render
    """What runs: which nodes of the dbt project become tasks, with which tests."""
    execute: Execute
    """How and where dbt runs."""
    environments: dict[EnvironmentName, Environment] = Field(default_factory=dict)
    """Named overlays of `execute` and of a few arguments of `dag`, such as dev and prod."""

    @model_validator(mode="after")
    def _is_one_of_dag_and_task_group(self) -> Spec:
        if (self.dag is None) == (self.task_group is None):
            kind = "dag_missing" if self.dag is None else "dag_and_task_group"
            raise PydanticCustomError(kind, "exactly one of dag and task_group")
        return self
