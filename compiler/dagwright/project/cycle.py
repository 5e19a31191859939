"""Find a cycle among parents: dbt writes none, yet a compiler must not hang on one."""

from __future__ import annotations

from dagwright.project.model import Project, UniqueId


def find_cycle(project: Project) -> tuple[UniqueId, ...]:
    """Return one cycle, its first id repeated at the end, or nothing; linear.

    Each id reads the next one. Of all cycles it is the one that is reached by following first
    parents from the smallest id that has a cycle above it, turned to start at its smallest id.
    """
    waiting = {
        unique_id: len(set(resource.parents)) for unique_id, resource in project.resources.items()
    }
    ready = [unique_id for unique_id, count in waiting.items() if not count]
    for unique_id in ready:  # It grows below: the list is the queue.
        for child in project.children[unique_id]:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    if len(ready) == len(waiting):
        return ()

    stuck = {unique_id for unique_id, count in waiting.items() if count}
    walk: dict[UniqueId, None] = {}
    here = min(stuck)
    while here not in walk:
        walk[here] = None
        here = min(parent for parent in project.resources[here].parents if parent in stuck)
    path = list(walk)
    loop = path[path.index(here) :]
    first = loop.index(min(loop))
    return (*loop[first:], *loop[:first], loop[first])
