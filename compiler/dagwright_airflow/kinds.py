"""The closed table of task kinds: which operator a task becomes, and with which arguments.

An artifact names a kind, never a class. A new kind is one function and one row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from dagwright_airflow.airflow_api import empty_operator
from dagwright_airflow.artifact import ArtifactError
from dagwright_airflow.operators.dbt import DbtOperator

Arguments = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """How tasks of one kind become operators.

    `operator` returns the class, and imports it there when it belongs to a provider. `own` are
    the keys of a task's line, beside the shared ones, that its constructor takes. An operator
    that `needs_folder` runs in the worker and finds relative paths from the loader file's folder.
    """

    operator: Callable[[], Any]
    own: tuple[str, ...] = ()
    needs_folder: bool = False
    convert: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """By argument: what makes of its JSON value what the constructor takes."""
    callbacks: tuple[str, ...] = ()
    """The arguments that are import paths, which the loader file's author must have allowed."""

    def argument(self, name: str, value: Any) -> Any:
        """Return what the constructor takes for the JSON value of `name`; lists are tuples."""
        if (convert := self.convert.get(name)) is not None:
            return convert(value)
        return tuple(value) if isinstance(value, list) else value


def docker_operator() -> Any:
    """Return the provider's DockerOperator."""
    from airflow.providers.docker.operators.docker import DockerOperator  # noqa: PLC0415

    return DockerOperator


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "dbt": Kind(
            lambda: DbtOperator,
            ("command", "nodes", "vars", "env", "seed", "retry_tests"),
            needs_folder=True,
            callbacks=("on_warning",),
        ),
        "docker": Kind(docker_operator, ("command",), convert={"command": list}),
        "empty": Kind(empty_operator),
    }
)


def kind_named(name: str) -> Kind:
    """Return the row of `KINDS` for `name`.

    Raises:
        ArtifactError: there is none.
    """
    if (kind := KINDS.get(name)) is None:
        message = (
            f"tasks of kind {name!r} are unknown to this version, which knows "
            f"{', '.join(KINDS)}; install the version of dagwright that compiled it"
        )
        raise ArtifactError(message)
    return kind
