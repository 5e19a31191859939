"""Find the tests that read what this spec does not build, and do as `render.cross_dag_tests` says.

Such a test compares a table of this DAG with one that another DAG builds, or nobody. What it reads
there is taken as it is at that moment, so the spec says whether it runs. Each spec is judged by
itself, also where several are compiled together: an artifact depends on its own spec alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dagwright.diagnostics import Report
from dagwright.ir.build import Chosen
from dagwright.ir.rules import CROSS_DAG_TEST, ONLY_CROSS_DAG_TESTS
from dagwright.ir.tables import Tables
from dagwright.project.model import Project, UniqueId
from dagwright.spec import LoadedSpec


def settle_cross_tests(
    project: Project, chosen: Chosen, loaded: LoadedSpec, report: Report
) -> Chosen | None:
    """Return `chosen` without the cross-DAG tests that the spec wants skipped.

    `last` keeps each, to run after the last of its parents in this DAG. `error` reports each. None
    where nothing is left, which is reported too.
    """
    word = loaded.spec.render.cross_dag_tests
    if word == "last" or loaded.spec.render.tests == "none":
        return chosen
    found = dict(outside_reads(project, chosen))
    at = loaded.places.value(("render", "cross_dag_tests"))
    if word == "error":
        for test, outside in found.items():
            report.add(CROSS_DAG_TEST.at(at, test=test, outside=", ".join(outside)))
        return chosen
    left = chosen.nodes - found.keys()
    if found and not left:
        report.add(ONLY_CROSS_DAG_TESTS.at(at, count=len(found)))
        return None
    return replace(chosen, nodes=left)


def outside_reads(
    project: Project, chosen: Chosen
) -> Iterator[tuple[UniqueId, tuple[UniqueId, ...]]]:
    """Yield each chosen data test that reads what is not chosen, with that, both in order.

    A source is there before any DAG runs, so it is never outside.
    """
    tables = Tables(project)
    for name in sorted(chosen.nodes):
        if project.resources[name].is_test:
            built = (one for one in tables.read_by(name) if tables.is_built(one))
            if outside := sorted(one for one in built if one not in chosen.nodes):
                yield name, tuple(outside)
