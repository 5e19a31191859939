"""Draw a plan as one HTML page that needs nothing else: no server, no network, no fonts.

Tasks stand in columns, each to the right of all that it waits for. A click shows what a task runs
and lights up all that is before and after it; the field at the top finds tasks and dbt nodes.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from dagwright.plan import Plan, Step

WIDTH: Final = 220
HEIGHT: Final = 34
_ACROSS: Final = WIDTH + 70
_DOWN: Final = HEIGHT + 12
_MARGIN: Final = 20
_LONGEST: Final = 30

Place = tuple[int, int]


def page(plan: Plan) -> str:
    """Return the page; equal plans give equal bytes."""
    places = laid_out(plan.steps)
    width = _MARGIN + max((x for x, _ in places.values()), default=0) + WIDTH + _MARGIN
    height = _MARGIN + max((y for _, y in places.values()), default=0) + HEIGHT + _MARGIN
    at = {step.id: number for number, step in enumerate(plan.steps)}
    drawn = [*_edges(plan.steps, places, at), *_boxes(plan.steps, places)]
    kind = "DAG" if plan.kind == "dag" else "task group"
    return _PAGE.format(
        title=escape(f"{plan.id}: {kind}"),
        counted=f"{len(plan.steps)} tasks",
        width=width,
        height=height,
        drawn="\n".join(drawn),
        data=_data(plan.steps, at),
        style=_STYLE,
        script=_SCRIPT,
    )


def laid_out(steps: Sequence[Step]) -> dict[str, Place]:
    """Return where the upper left corner of each task is: x by depth, y near what is before it.

    `steps` come after all that they wait for. The time is linear but for sorting.
    """
    depth: dict[str, int] = {}
    columns: list[list[Step]] = []
    for step in steps:
        depth[step.id] = 1 + max((depth[up] for up in step.after), default=-1)
        if depth[step.id] == len(columns):
            columns.append([])
        columns[depth[step.id]].append(step)
    rows: dict[str, float] = {}
    for column in columns:
        wanted = {step.id: _middle(step, rows) for step in column}
        for row, step in enumerate(sorted(column, key=lambda step: wanted[step.id])):
            rows[step.id] = float(row)
    return {
        step.id: (_MARGIN + depth[step.id] * _ACROSS, _MARGIN + int(rows[step.id]) * _DOWN)
        for step in steps
    }


def _middle(step: Step, rows: Mapping[str, float]) -> float:
    return sum(rows[up] for up in step.after) / len(step.after) if step.after else 0.0


def _edges(
    steps: Sequence[Step], places: Mapping[str, Place], at: Mapping[str, int]
) -> Iterator[str]:
    """Yield a curve an edge, from the right of one box to the left of the other."""
    half = HEIGHT // 2
    for step in steps:
        x, y = places[step.id]
        for up in step.after:
            x0, y0 = places[up][0] + WIDTH, places[up][1] + half
            bend = (x - x0) // 2
            line = f"M{x0} {y0}C{x0 + bend} {y0} {x - bend} {y + half} {x} {y + half}"
            yield f'<path class="edge" data-ends="{at[up]} {at[step.id]}" d="{line}"/>'


def _boxes(steps: Sequence[Step], places: Mapping[str, Place]) -> Iterator[str]:
    for number, step in enumerate(steps):
        x, y = places[step.id]
        verb = step.words[0] if step.words else "none"
        kind = f"task {escape(verb)}{' helper' if step.helper else ''}"
        label = step.label if len(step.label) <= _LONGEST else f"{step.label[: _LONGEST - 1]}…"
        yield (
            f'<g class="{kind}" data-at="{number}" tabindex="0" role="button" '
            f'transform="translate({x} {y})"><title>{escape(step.id)}</title>'
            f'<rect width="{WIDTH}" height="{HEIGHT}" rx="5"/>'
            f'<text x="10" y="22">{escape(label)}</text></g>'
        )


def _data(steps: Sequence[Step], at: Mapping[str, int]) -> str:
    """Return what a click shows, as JSON that cannot end the element it stands in."""
    tasks = [
        {
            "id": step.id,
            "group": step.group,
            "nodes": list(step.nodes),
            "after": [at[up] for up in step.after],
            "command": shlex.join(("dbt", *step.words)) if step.words else "",
        }
        for step in steps
    ]
    return json.dumps(tasks, ensure_ascii=False).replace("<", "\\u003c")


_STYLE: Final = """
:root { color-scheme: light dark; --back: #fff; --fore: #1c1e21; --line: #9aa3ad; --soft: #eef1f4;
  --mark: #d9480f; }
@media (prefers-color-scheme: dark) {
  :root { --back: #16181b; --fore: #e6e8ea; --line: #5c6570; --soft: #23272c; --mark: #ff922b; }
}
body { margin: 0; font: 14px system-ui, sans-serif; background: var(--back); color: var(--fore);
  display: grid; grid-template: auto 1fr / 1fr auto; height: 100vh; }
header { grid-column: 1 / 3; display: flex; gap: 16px; align-items: center; padding: 10px 20px;
  border-bottom: 1px solid var(--line); }
h1 { font-size: 16px; margin: 0; }
input { font: inherit; padding: 4px 8px; width: 260px; }
main { overflow: auto; }
aside { width: 360px; overflow: auto; padding: 0 20px; border-left: 1px solid var(--line);
  overflow-wrap: anywhere; }
aside[hidden] { display: none; }
pre { white-space: pre-wrap; background: var(--soft); padding: 8px; }
.edge { fill: none; stroke: var(--line); stroke-width: 1.3; }
.task { cursor: pointer; }
.task rect { fill: var(--soft); stroke: var(--line); }
.task.seed rect { fill: #2b8a3e33; }
.task.snapshot rect { fill: #862e9c33; }
.task.run rect, .task.build rect { fill: #1971c233; }
.task.test rect { fill: #f08c0033; }
.task.source rect { fill: #0b728533; }
.task.helper rect { stroke-dasharray: 4 3; }
.task text { fill: var(--fore); font-size: 13px; }
.chosen > rect, .task:focus-visible > rect { stroke: var(--mark); stroke-width: 2.5; }
.edge.near { stroke: var(--mark); }
.far { opacity: .18; }
"""

_SCRIPT: Final = """
"use strict";
const tasks = JSON.parse(document.getElementById("data").textContent);
const boxes = [...document.querySelectorAll(".task")];
const edges = [...document.querySelectorAll(".edge")];
const panel = document.querySelector("aside");
const field = document.querySelector("input");
const before = tasks.map(task => task.after);
const behind = tasks.map(() => []);
before.forEach((ups, at) => ups.forEach(up => behind[up].push(at)));

function reached(start, next) {
  const found = new Set([start]), open = [start];
  while (open.length) for (const at of next[open.pop()])
    if (!found.has(at)) { found.add(at); open.push(at); }
  return found;
}

function light(shown, ends) {
  boxes.forEach((box, at) => box.classList.toggle("far", shown !== null && !shown.has(at)));
  for (const edge of edges) {
    const [from, to] = edge.dataset.ends.split(" ").map(Number);
    edge.classList.toggle("near", ends !== null && ends(from, to));
    edge.classList.toggle("far", shown !== null && !(shown.has(from) && shown.has(to)));
  }
}

function add(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  panel.append(made);
}

function choose(at) {
  boxes.forEach((box, number) => box.classList.toggle("chosen", number === at));
  panel.replaceChildren();
  panel.hidden = at === null;
  if (at === null) return light(null, null);
  const task = tasks[at], above = reached(at, before), below = reached(at, behind);
  light(new Set([...above, ...below]),
    (from, to) => (above.has(from) && above.has(to)) || (below.has(from) && below.has(to)));
  add("h2", task.id);
  if (task.group) add("p", "in " + task.group);
  if (task.command) add("pre", task.command);
  add("h3", "runs");
  task.nodes.forEach(node => add("div", node));
  add("h3", "waits for");
  task.after.forEach(up => add("div", tasks[up].id));
  if (!task.after.length) add("div", "nothing");
}

function boxOf(event) {
  const box = event.target.closest(".task");
  return box === null ? null : Number(box.dataset.at);
}

document.querySelector("svg").addEventListener("click", event => choose(boxOf(event)));
document.addEventListener("keydown", event => {
  if (event.key === "Escape") { field.value = ""; choose(null); }
  if (event.key === "Enter" && boxOf(event) !== null) choose(boxOf(event));
});
field.addEventListener("input", () => {
  const word = field.value.trim().toLowerCase();
  if (word === "") return choose(null);
  const found = tasks.map((task, at) => [task, at]).filter(([task]) =>
    task.id.toLowerCase().includes(word) ||
    task.nodes.some(node => node.toLowerCase().includes(word)));
  light(new Set(found.map(([, at]) => at)), null);
  if (found.length) boxes[found[0][1]].scrollIntoView({block: "center", inline: "center"});
});
"""

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" \
content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header><h1>{title}</h1><span>{counted}</span>\
<input type="search" placeholder="find a task or a dbt node" aria-label="find"></header>
<main><svg width="{width}" height="{height}">
{drawn}
</svg></main>
<aside hidden></aside>
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""
