"""Path mapping: from where the compiler sees a path to where a command sees it.

A render path is compared with the rows of `execute.paths` part by part, after `.` and `..` are
taken out, and the longest row that it starts with wins.
An execute path is never read from disk here.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Final, NamedTuple

from dagwright.diagnostics import Report
from dagwright.plan.rules import UNMAPPED_PATH
from dagwright.spec import LoadedSpec
from dagwright.text.route import Route


class Row(NamedTuple):
    """One row of `execute.paths`: what a render path starts with, and what stands there then."""

    render: str
    execute: str


def execute_path(render: str, rows: Sequence[Row]) -> str | None:
    """Return where `render` lies at run time by the longest row that it starts with; else None.

    Args:
        render: a path as this process sees it, absolute or relative to the working directory.
        rows: the rows; their render sides are such paths too.

    Example:
        >>> rows = [Row("../dbt", "/dbt"), Row("../dbt/shop", "/srv/shop")]
        >>> execute_path("../dbt/shop/macros", rows)
        '/srv/shop/macros'
    """
    wanted = _parts(render)
    best: tuple[int, str] | None = None
    for row in rows:
        prefix = _parts(row.render)
        if wanted[: len(prefix)] == prefix and (best is None or len(prefix) > best[0]):
            best = len(prefix), posixpath.join(row.execute, *wanted[len(prefix) :])
    return best and best[1]


class PathMap:
    """The path mapping of one spec, as one environment has it."""

    def __init__(self, loaded: LoadedSpec) -> None:
        """Read the rows of `execute.paths`; their render sides start at the file they are in."""
        self._loaded = loaded
        self.rows = tuple(
            Row(loaded.beside(("execute", "paths", number, "render"), row.render), row.execute)
            for number, row in enumerate(loaded.spec.execute.paths)
        )

    def mapped(self, route: Route, path: str, report: Report, *, instead: str) -> str | None:
        """Return where the render path `path`, written at `route`, lies at run time.

        None where no row says so, after a finding there; `instead` is the key that could.
        """
        found = execute_path(self._loaded.beside(route, path), self.rows)
        if found is None:
            tried = ", ".join(repr(row.render) for row in self._loaded.spec.execute.paths)
            hint = f"write `{instead}`, or a row of `execute.paths` that it starts with"
            hint += f"; it starts with none of {tried}" if tried else ""
            at = self._loaded.places.value(route)
            report.add(UNMAPPED_PATH.at(at, path=path, hint=hint))
        return found


_SOMEWHERE: Final = "/?" * 32
"""Stands for the working directory, which is not known here, so that `..` can lead out of it."""


def _parts(path: str) -> list[str]:
    return posixpath.normpath(posixpath.join(_SOMEWHERE, path)).split("/")
