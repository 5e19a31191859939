"""Write a graph as text, one task a line, and read it back.

    ~show source.shop.raw.orders
    run model.shop.orders <- source.shop.raw.orders
    test model.shop.orders#test of model.shop.orders = test.a test.b @ marts/finance <- ...

A line is: `~` where the task is not rendered, the verb, the id, `of` its home, `=` its nodes
(left out where the id is the only node), `@` its group, and `<-` before each task it waits for.
A word with a space, a quote or no letters at all stands in JSON quotes. `show` and `read` are
inverse: `read(show(graph)) == graph`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from dagwright.ir.graph import Graph, Task, TaskId, Verb
from dagwright.ir.walk import in_order
from dagwright.project.model import UniqueId

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\S+')
_MARKS: Final = frozenset({"of", "=", "@", "<-"})


def show(graph: Graph) -> str:
    """Return `graph` as text in graph order, with a newline after each task."""
    return "".join(f"{' '.join(_words(task))}\n" for task in graph.tasks.values())


def _words(task: Task) -> Iterator[str]:
    yield f"{'' if task.rendered else '~'}{task.verb.value}"
    yield _quoted(task.id)
    if task.home is not None:
        yield from ("of", _quoted(task.home))
    if task.nodes != (UniqueId(task.id),):
        yield "="
        yield from map(_quoted, task.nodes)
    if task.group:
        yield "@"
        yield from map(_quoted, task.group)
    for up in sorted(task.after):
        yield from ("<-", _quoted(up))


def _quoted(word: str) -> str:
    plain = word not in _MARKS and re.fullmatch(r'[^\s"]+', word)
    return word if plain else json.dumps(word, ensure_ascii=False)


def read(text: str) -> Graph:
    """Return the graph that `text` shows; its lines may stand in any order.

    Raises:
        ValueError: a line does not have the form above, or names an unknown verb.
        CompilerBug: the tasks wait for each other or for one that is not there.
    """
    tasks = [_task(line) for line in text.splitlines() if line.strip()]
    return in_order({task.id: task for task in tasks})


def _task(line: str) -> Task:
    tokens = _TOKEN.findall(line)
    parts: dict[str, list[str]] = {"": [], "of": [], "=": [], "@": [], "<-": []}
    mark = ""
    for token in tokens:
        if token in _MARKS:
            mark = token
        else:
            parts[mark].append(json.loads(token) if token.startswith('"') else token)
    try:
        verb, name = parts[""]
    except ValueError:
        raise ValueError(f"not a task: {line!r}") from None
    return Task(
        id=TaskId(name),
        verb=Verb(verb.removeprefix("~")),
        nodes=tuple(map(UniqueId, parts["="])) or (UniqueId(name),),
        after=frozenset(map(TaskId, parts["<-"])),
        home=UniqueId(parts["of"][0]) if parts["of"] else None,
        group=tuple(parts["@"]),
        rendered=not verb.startswith("~"),
    )
