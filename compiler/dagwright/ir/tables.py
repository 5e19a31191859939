"""Which tables a node reads: ephemeral models are none, so what they read is read instead."""

from __future__ import annotations

from typing import Final

from dagwright.project.model import Project, UniqueId

BUILT: Final = frozenset({"model", "seed", "snapshot"})
"""The dbt resource types that a task makes a table or a view of."""


class Tables:
    """The tables of one project: those that dbt builds, and the sources."""

    def __init__(self, project: Project) -> None:
        """Ask nothing yet; what is asked for is remembered."""
        self._project = project
        self._read: dict[UniqueId, frozenset[UniqueId]] = {}

    def is_built(self, node: UniqueId) -> bool:
        """Return whether dbt makes a table or a view of `node`."""
        resource = self._project.resources[node]
        return (
            resource.resource_type in BUILT and not resource.empty and not self._is_inlined(node)
        )

    def read_by(self, reader: UniqueId) -> frozenset[UniqueId]:
        """Return the tables that `reader` reads; each node is looked at once in all."""
        pending = [reader]
        while pending:
            node = pending[-1]
            parents = self._project.resources[node].parents
            inner = [up for up in parents if self._is_inlined(up)]
            missing = [up for up in inner if up not in self._read]
            if missing:
                pending += missing
                continue
            direct = (up for up in parents if self.is_built(up) or up.startswith("source."))
            self._read[node] = frozenset(direct).union(*(self._read[up] for up in inner))
            pending.pop()
        return self._read[reader]

    def _is_inlined(self, node: UniqueId) -> bool:
        return self._project.resources[node].config.materialized == "ephemeral"
