"""DockerOperator, whose container gets secrets that no rendered field ever shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.providers.docker.operators.docker import DockerOperator

from dagwright_airflow.secrets import look_up


class DbtDockerOperator(DockerOperator):  # type: ignore[misc]  # Airflow is untyped here.
    """Runs one dbt command in a container of the worker's Docker."""

    template_ext: Sequence[str] = ()
    """None: an argument that ends in `.sh` is an argument, and no file to be read."""

    def __init__(
        self, *, secrets: Mapping[str, Mapping[str, str]] | None = None, **kwargs: Any
    ) -> None:
        """Keep where secrets lie, by environment variable; `kwargs` are DockerOperator's."""
        super().__init__(**kwargs)
        self.secrets = dict(secrets or {})

    def execute(self, context: Any) -> Any:
        """Return the last line that dbt printed, as DockerOperator does."""
        self._private_environment: dict[str, str] = look_up(self.secrets)
        return super().execute(context)
