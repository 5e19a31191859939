"""Path mapping: from where the compiler sees a path to where a command sees it.

A render path is compared with the rows of `execute.paths` part by part, after `.` and `..` are
taken out, and the longest row that it starts with wins. Where none does as the paths are written,
links are followed on both sides. An execute path is never read from disk here.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from dagwright.diagnostics import Report
from dagwright.plan.rules import BAD_EXECUTE_PATH, UNMAPPED_PATH
from dagwright.spec import LoadedSpec
from dagwright.text.near import near_miss
from dagwright.text.route import Route

EXECUTE_PATHS: Final[tuple[Route, ...]] = (
    ("execute", "project_dir"),
    ("execute", "profile", "profiles_dir"),
    ("execute", "state"),
    ("execute", "target_path"),
    ("execute", "log_path"),
)
"""The keys whose values are paths where dbt runs, beside the rows of `execute.paths`."""

Real = Callable[[str], str]
"""From a path to where it leads once links are followed."""


class Row(NamedTuple):
    """One row of `execute.paths`: what a render path starts with, and what stands there then."""

    render: str
    execute: str


class Mapped(NamedTuple):
    """Where a path lies at run time, and which row says so."""

    path: str
    row: int


def execute_path(render: str, rows: Sequence[Row]) -> Mapped | None:
    """Return where `render` lies at run time by the longest row that it starts with; else None.

    Args:
        render: a path as this process sees it, absolute or relative to the working directory.
        rows: the rows; their render sides are such paths too.

    Example:
        >>> rows = [Row("../dbt", "/dbt"), Row("../dbt/shop", "/srv/shop")]
        >>> execute_path("../dbt/shop/macros", rows)
        Mapped(path='/srv/shop/macros', row=1)
    """
    wanted = _parts(render)
    best: tuple[int, Mapped] | None = None
    for number, row in enumerate(rows):
        prefix = _parts(row.render)
        if wanted[: len(prefix)] == prefix and (best is None or len(prefix) > best[0]):
            path = posixpath.join(row.execute, *_parts(render, fold=False)[len(prefix) :])
            best = len(prefix), Mapped(path, number)
    return best and best[1]


class PathMap:
    """The path mapping of one spec, as one environment has it."""

    def __init__(self, loaded: LoadedSpec, real: Real = lambda path: path) -> None:
        """Read the rows of `execute.paths`; their render sides start at the file they are in."""
        self._loaded = loaded
        self._real = real
        self.rows = tuple(
            Row(loaded.beside(("execute", "paths", number, "render"), row.render), row.execute)
            for number, row in enumerate(loaded.spec.execute.paths)
        )

    def find(self, route: Route, path: str) -> Mapped | None:
        """Return where the render path `path`, written at `route`, lies at run time; else None."""
        here = self._loaded.beside(route, path)
        found = execute_path(here, self.rows)
        if found is None and self.rows:
            rows = [Row(self._real(row.render), row.execute) for row in self.rows]
            found = execute_path(self._real(here), rows)
        return found

    def mapped(self, route: Route, path: str, report: Report, *, instead: str) -> str | None:
        """Return where the render path `path`, written at `route`, lies at run time.

        None where no row says so, after a finding there; `instead` is the key that could.
        """
        found = self.find(route, path)
        if found is None:
            tried = [row.render for row in self._loaded.spec.execute.paths]
            hint = f"write `{instead}`, or a row of `execute.paths` that it starts with"
            hint += f"; it starts with none of {', '.join(map(repr, tried))}" if tried else ""
            near = near_miss(path, tried)
            hint += f" ({near})" if near else ""
            at, where = self._loaded.places.value(route), _where(self._loaded)
            report.add(UNMAPPED_PATH.at(at, path=path, where=where, hint=hint))
        return found and found.path


def _where(loaded: LoadedSpec) -> str:
    """Return in which environment of several a spec is looked at, as the end of a sentence."""
    if loaded.environment is not None:
        return f", in environment `{loaded.environment}`"
    return ", where no environment is chosen" if loaded.places.written(("environments",)) else ""


def check_execute_paths(loaded: LoadedSpec, report: Report, *, from_loader: bool) -> None:
    """Report every execute path of the spec that means nothing where its mode runs dbt.

    `from_loader` says whether relative ones start at the loader file's folder: in a container
    there is none, and the path would be one of the compiling machine that leaked.
    """
    for route, path in written_paths(loaded):
        if (fault := _fault(path, from_loader=from_loader)) is not None:
            why, hint = fault
            notes = loaded.places.notes(route)
            at = loaded.places.value(route)
            report.add(BAD_EXECUTE_PATH.at(at, path=path, why=why, hint=hint, notes=notes))


def written_paths(loaded: LoadedSpec) -> Iterator[tuple[Route, str]]:
    """Yield the execute paths that the spec gives, with their routes."""
    for route in EXECUTE_PATHS:
        value: object = loaded.spec
        for part in route:
            value = getattr(value, str(part), None)
        if isinstance(value, str):
            yield route, value
    for number, row in enumerate(loaded.spec.execute.paths):
        yield ("execute", "paths", number, "execute"), row.execute


def _fault(path: str, *, from_loader: bool) -> tuple[str, str] | None:
    """Return what is wrong with an execute path and what to do; None for nothing."""
    if path.startswith("~"):
        return "nobody replaces `~` there: no shell reads it", "write the whole path"
    if is_windows(path):
        return "dbt runs where paths have forward slashes", "write the path as it is there"
    if not from_loader and not posixpath.isabs(path) and "{{" not in path:
        return (
            "no folder of the loader file is there for it to start at",
            "write the absolute path that the folder has in the image",
        )
    return None


def is_windows(path: str) -> bool:
    r"""Return whether `path` can only be one of Windows: a drive, or backslashes alone.

    Example:
        >>> is_windows("C:\\dbt"), is_windows("..\\dbt"), is_windows("../dbt")
        (True, True, False)
    """
    drive = len(path) > 1 and path[0].isalpha() and path[1] == ":"
    return drive or ("\\" in path and "/" not in path)


_SOMEWHERE: Final = "/?" * 32
"""Stands for the working directory, which is not known here, so that `..` can lead out of it."""


def _parts(path: str, *, fold: bool = True) -> list[str]:
    """Return the parts of a path; Windows, whose paths have a drive, knows no case."""
    slashed = path.replace("\\", "/") if is_windows(path) else path
    if slashed[1:2] == ":":
        slashed = f"/{slashed}"
        slashed = slashed.lower() if fold else slashed
    return posixpath.normpath(posixpath.join(_SOMEWHERE, slashed)).split("/")
