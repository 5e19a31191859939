"""Draw a plan: text for terminals, Mermaid for Markdown, DOT, JSON for programs, an HTML page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from dagwright.emit.page import page
from dagwright.plan import Group, Plan, Step


def text(plan: Plan) -> str:
    """Return one task a line, each after what it waits for, groups as headings of their tasks."""
    width = max((len(step.id) for step in plan.steps), default=0)
    lines = [
        f"{step.id:{width}}  <- {', '.join(step.after)}" if step.after else step.id
        for step in plan.steps
    ]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def mermaid(plan: Plan) -> str:
    """Return a Mermaid flowchart: a box a task, a frame a group.

    Both are numbered, because Mermaid reads some ids as edges or keywords.
    """
    node = {step.id: f"t{at}" for at, step in enumerate(plan.steps)}
    node |= {group.id: f"g{at}" for at, group in enumerate(plan.groups)}
    lines = ["flowchart LR", *_framed(plan, None, node, "    ")]
    lines += [f"    {node[up]} --> {node[step.id]}" for step in plan.steps for up in step.after]
    return "".join(f"{line}\n" for line in lines)


def _framed(
    plan: Plan, group: Group | None, node: Mapping[str, str], indent: str
) -> Iterator[str]:
    """Yield the boxes of one group and the frames inside it."""
    here = group and group.id
    for step in plan.steps:
        if step.group == here:
            yield f'{indent}{node[step.id]}["{_mermaid_text(step.label)}"]'
    for inner in plan.groups:
        if inner.parent == here:
            yield f'{indent}subgraph {node[inner.id]}["{_mermaid_text(inner.label)}"]'
            yield from _framed(plan, inner, node, f"{indent}    ")
            yield f"{indent}end"


def _mermaid_text(label: str) -> str:
    return label.replace("&", "&amp;").replace('"', "&quot;")


def dot(plan: Plan) -> str:
    """Return a Graphviz digraph: a box a task, a cluster a group."""
    lines = [f"digraph {_quoted(plan.id)} {{", "  rankdir=LR;", "  node [shape=box];"]
    lines += [*_clusters(plan, None, "  ")]
    lines += [
        f"  {_quoted(up)} -> {_quoted(step.id)};" for step in plan.steps for up in step.after
    ]
    return "".join(f"{line}\n" for line in [*lines, "}"])


def _clusters(plan: Plan, group: Group | None, indent: str) -> Iterator[str]:
    here = group and group.id
    for step in plan.steps:
        if step.group == here:
            yield f"{indent}{_quoted(step.id)} [label={_quoted(step.label)}];"
    for inner in plan.groups:
        if inner.parent == here:
            yield f"{indent}subgraph {_quoted(f'cluster_{inner.id}')} {{"
            yield f"{indent}  label={_quoted(inner.label)};"
            yield from _clusters(plan, inner, f"{indent}  ")
            yield f"{indent}}}"


def _quoted(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)


def as_json(plan: Plan) -> str:
    """Return the tasks as JSON: id, label, group, dbt nodes, and the ids each waits for."""
    document = {"id": plan.id, "tasks": [_task(step) for step in plan.steps]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _task(step: Step) -> Mapping[str, object]:
    return {
        "id": step.id,
        "label": step.label,
        "group": step.group,
        "nodes": list(step.nodes),
        "after": list(step.after),
    }


PICTURES: Final[Mapping[str, Callable[[Plan], str]]] = MappingProxyType(
    {"text": text, "mermaid": mermaid, "dot": dot, "json": as_json, "html": page}
)
"""By `graph --format`."""
