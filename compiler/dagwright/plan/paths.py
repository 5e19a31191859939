"""Path mapping: from where the compiler sees a path to where a command sees it.

A render path is compared with the rows of `execute.paths` part by part, after `.` and `..` are
taken out, and the longest row that it starts with wins.
An execute path is never read from disk here.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Final, NamedTuple


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


_SOMEWHERE: Final = "/?" * 32
"""Stands for the working directory, which is not known here, so that `..` can lead out of it."""


def _parts(path: str) -> list[str]:
    return posixpath.normpath(posixpath.join(_SOMEWHERE, path)).split("/")
