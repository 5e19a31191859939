"""The Airflow assets of a task: one URI for each table that it writes, and for each that it reads.

A URI is `dbt://ADAPTER/DATABASE/SCHEMA/IDENTIFIER`, from the manifest alone, so it is the same in
every mode, every environment and every Airflow. Each part is percent-encoded, so that different
tables have different URIs, in ASCII, which Airflow stores as they are. The scheme is nobody's:
Airflow's providers have ideas of their own about `postgres:` and its kin, and a manifest knows no
host.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from dagwright.ir.graph import Graph, Task, Verb
from dagwright.ir.tables import Tables
from dagwright.project.model import Project, Resource, UniqueId

LONGEST_URI: Final = 1_000
"""Airflow allows 1,500 characters."""

WRITERS: Final = (Verb.RUN, Verb.SEED, Verb.SNAPSHOT, Verb.BUILD)
"""The verbs whose tasks write tables; tests write none that others read."""


class Assets:
    """The assets of the tasks of one project."""

    def __init__(self, project: Project) -> None:
        """Work nothing out yet."""
        self._project = project
        self._tables = Tables(project)
        self._adapter = project.metadata.adapter_type or "unknown"
        self._known: dict[UniqueId, str | None] = {}

    def of(self, task: Task) -> Mapping[str, list[str]]:
        """Return `inlets` and `outlets` of a task that writes a table, each sorted; else nothing.

        What a task both writes and reads, as an incremental model does, is an outlet alone.
        """
        if task.verb not in WRITERS:
            return {}
        writers = [node for node in task.nodes if self._tables.is_built(node)]
        outlets = self.uris(writers)
        read = {table for node in writers for table in self._tables.read_by(node)}
        inlets = [uri for uri in self.uris(read) if uri not in outlets]
        return {key: uris for key, uris in (("inlets", inlets), ("outlets", outlets)) if uris}

    def foreign(self, graph: Graph) -> Mapping[UniqueId, UniqueId]:
        """Return the tables that nodes of `graph` read and that it does not build, with a reader.

        Both are in the order of ids, and the reader is the first. Sources are nobody's to build.
        """
        ran = {node for task in graph.of(*WRITERS) for node in task.nodes}
        found: dict[UniqueId, UniqueId] = {}
        for reader in sorted(filter(self._tables.is_built, ran)):
            for table in self._tables.read_by(reader) - ran:
                if self._tables.is_built(table):
                    found.setdefault(table, reader)
        return dict(sorted(found.items()))

    def uris(self, nodes: Iterable[UniqueId]) -> list[str]:
        """Return the URIs of the tables of `nodes`, sorted."""
        return sorted({uri for node in nodes if (uri := self._uri(node)) is not None})

    def _uri(self, node: UniqueId) -> str | None:
        if node not in self._known:
            self._known[node] = asset_uri(self._project.resources[node], self._adapter)
        return self._known[node]


def asset_uri(resource: Resource, adapter: str) -> str | None:
    """Return the URI of the table that `resource` stands for; None where the manifest names none.

    Example:
        >>> from dagwright.project import Resource, UniqueId
        >>> orders = Resource(UniqueId("m"), "model", "orders", "shop", ("orders",), "",
        ...                   relation=("lake", "très chic", "orders"))
        >>> asset_uri(orders, "duckdb")
        'dbt://duckdb/lake/tr%C3%A8s%20chic/orders'
    """
    if resource.relation is None:
        return None
    parts = "/".join(quote(part, safe="") for part in resource.relation)
    uri = f"dbt://{quote(adapter.lower(), safe='')}/{parts}"
    if len(uri) <= LONGEST_URI:
        return uri
    # `quote` leaves no `!`, so this equals no other URI.
    return f"{uri[:LONGEST_URI]}!{sha256(uri.encode()).hexdigest()[:16]}"
