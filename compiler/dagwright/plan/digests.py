"""Digests of what a plan was made from: equal inputs give equal digests on every machine."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import msgspec

from dagwright.ir.graph import Graph
from dagwright.plan.model import Step
from dagwright.project.model import Project
from dagwright.spec.model import Spec


def digest(value: Any) -> str:
    """Return `sha256:HEX` of `value` as canonical JSON: keys sorted, no spaces, UTF-8."""
    return f"sha256:{sha256(msgspec.json.encode(value, order='deterministic')).hexdigest()}"


def spec_digest(spec: Spec) -> str:
    """Return the digest of a spec as merged for one environment: formatting does not count."""
    return digest(spec.model_dump(mode="json", exclude={"environments", "extends"}))


def manifest_digest(project: Project, graph: Graph) -> str:
    """Return the digest of the part of the manifest that `graph` was made from.

    It changes when a node that runs is added, removed, moved or depends on something else, and
    not with the time of the parse or with nodes that the spec does not select.
    """
    used = sorted(node for task in graph.tasks.values() for node in task.nodes)
    resources = (project.resources[node] for node in used)
    return digest(
        [
            (r.unique_id, r.fqn, r.original_file_path, sorted(r.parents), r.config.materialized)
            for r in resources
        ]
    )


def shape_digest(steps: Iterable[Step]) -> str:
    """Return the digest of `(id, nodes, after)` of every task: what runs, and in which order.

    Helper tasks, and the waiting for them, are the mode's and do not count.
    """
    steps = tuple(steps)
    helpers = {step.id for step in steps if step.helper}
    return digest(
        sorted(
            (step.id, step.nodes, tuple(up for up in step.after if up not in helpers))
            for step in steps
            if not step.helper
        )
    )
