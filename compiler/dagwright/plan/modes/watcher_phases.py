"""The dbt commands of a producer: which tasks one command runs, and the words that select them.

A phase is named as the user selected it, where the compiler proves that this picks its nodes and
nothing else that runs; otherwise by the exact selectors of all its nodes, which dbt takes longer
to resolve. What is left of a phase in a retry is always named exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dagwright.diagnostics import Report
from dagwright.ir.choose import request_of
from dagwright.plan.model import Step
from dagwright.plan.modes.mode import Given
from dagwright.plan.rules import COMMAND_TOO_LONG
from dagwright.project.model import UniqueId
from dagwright.select import Complaints, select_nodes
from dagwright.select.rules import NO_EXACT_SELECTOR

FRESHNESS: Final = "source freshness"
BUILD: Final = "build"
TESTS: Final = "test"

LONGEST_COMMAND_BYTES: Final = 1024 * 1024
"""Half of what Linux takes for a command and its environment: a producer runs in a worker."""

_NOTHING_RUNS: Final = frozenset(
    {"exposure", "metric", "semantic_model", "saved_query", "analysis", "group"}
)


def phase_of(step: Step, *, tests_last: bool) -> str:
    """Return the phase that runs a step; data tests have their own where they all come last."""
    if step.words[0] == "source":
        return FRESHNESS
    data_tests = step.words[0] == "test" and not step.nodes[0].startswith("unit_test.")
    return TESTS if tests_last and data_tests else BUILD


@dataclass(frozen=True, slots=True)
class Phase:
    """One dbt command, and the steps whose nodes it runs."""

    name: str
    steps: tuple[Step, ...]

    @property
    def nodes(self) -> frozenset[UniqueId]:
        """The nodes of all steps."""
        return frozenset(node for step in self.steps for node in _ids(step))

    def command(self, given: Given, program: Sequence[str] = ()) -> Mapping[str, Any]:
        """Return the phase as the producer reads it, with `program` before dbt's words."""
        base = [*self.name.split(), "--indirect-selection", "empty", "--select"]
        if self.name == FRESHNESS:
            base = ["source", "freshness", "--select"]
        words = self._as_selected(given)
        if words is None:
            words = [*base, *_unique(self._all_selectors(given))]
            size = sum(len(word.encode()) + 1 for word in words)
            if size > LONGEST_COMMAND_BYTES:
                at = given.loaded.places.key(("render",))
                limit = LONGEST_COMMAND_BYTES
                given.report.add(COMMAND_TOO_LONG.at(at, task=self.name, size=size, limit=limit))
        tasks = [step.id for step in self.steps]
        return {"tasks": tasks, "words": [*program, *words], "base": [*program, *base]}

    def selectors(self, step: Step, given: Given) -> tuple[str, ...]:
        """Return the selectors that pick the nodes of one step, and no others."""
        picked = given.exact.for_nodes(_ids(step), self.name)
        for one in picked.ambiguous:
            at, others = given.loaded.places.key(("render",)), ", ".join(one.others)
            given.report.add(
                NO_EXACT_SELECTOR.at(at, node=one.node, command=self.name, others=others)
            )
        return picked.arguments

    def _all_selectors(self, given: Given) -> Iterator[str]:
        for step in self.steps:
            yield from given.exact.for_nodes(_ids(step), self.name).arguments

    def _as_selected(self, given: Given) -> list[str] | None:
        """Return the user's own selection as words, if it picks just the nodes of this phase.

        Not where it compares with an earlier run, whose artifacts are not there at run time.
        """
        render = given.loaded.spec.render
        if render.state is not None or self.name == FRESHNESS:
            return None
        request = request_of(given.loaded, self.name)
        quiet = Complaints(Report(), lambda _: given.loaded.places.key(("render",)))
        found = select_nodes(given.project, request, quiet)
        if found is None:
            return None
        more = {node for node in found - self.nodes if _runs(node, given)}
        types = {node.partition(".")[0] for node in more}
        if self.nodes - found or types & {node.partition(".")[0] for node in self.nodes}:
            return None
        mode = given.loaded.spec.execute.test_indirect_selection
        words = [self.name, "--indirect-selection", mode]
        for flag, values in (("--select", render.select), ("--exclude", render.exclude)):
            words += [flag, *values] if values else []
        words += ["--selector", render.selector] if render.selector else []
        for name in sorted(types):
            words += ["--exclude-resource-type", name]
        return words


def _ids(step: Step) -> list[UniqueId]:
    return [UniqueId(node) for node in step.nodes]


def _runs(node: UniqueId, given: Given) -> bool:
    """Return whether `dbt build` does anything for a node that is selected."""
    resource = given.project.resources[node]
    return (
        resource.resource_type not in _NOTHING_RUNS
        and resource.config.materialized != "ephemeral"
        and not resource.empty
    )


def _unique(words: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(words))
