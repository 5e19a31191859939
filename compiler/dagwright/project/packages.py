"""Compare what a project asks for, what its lock fixes, and what is installed: three files of dbt.

`dbt deps` is a step of building what tasks run from, once, by the lock; a task runs it only where
`execute.install_deps` asks for that and packages are missing. So the lock must be there, it must
be that of the packages asked for, and what it names must lie where the manifest was made. dbt's
own digest in the lock differs from version to version of dbt, and is left alone: versions and
revisions are compared.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from dagwright.diagnostics import Report
from dagwright.files import Files
from dagwright.project.package_rules import LOCK_DIFFERS, NOT_INSTALLED, NOT_LOCKED
from dagwright.project.yaml_files import dbt_document
from dagwright.span import Span
from dagwright.text.tree import Items, Table, plain

LOCK: Final = "package-lock.yml"
FILES: Final = ("packages.yml", "dependencies.yml")
"""Where packages are asked for; dbt takes the first that has any."""

SOURCES: Final = MappingProxyType(
    {
        "package": "version",
        "git": "revision",
        "private": "revision",
        "local": None,
        "tarball": None,
    }
)
"""By the key that names a package: the key that says which state of it."""


class _Wanted(NamedTuple):
    """One package that is asked for or locked; `state` is its version or revision."""

    source: str
    name: str
    state: Any
    span: Span


@dataclass(frozen=True, slots=True)
class Packages:
    """What a project that asks for packages has of them."""

    folder: str
    """Where dbt installs them, relative to the project."""
    names: tuple[str, ...]
    """The locked ones by name, as far as the lock says it; each is a folder in `folder`."""


def read_packages(files: Files, project_dir: str, report: Report) -> Packages | None:
    """Return the packages of the project at `project_dir`; None if it asks for none.

    Reported is where they are not as the project's files say.
    """
    asked = [_wanted_in(_items(files, posixpath.join(project_dir, name))) for name in FILES]
    wanted = asked[0] or asked[1]
    if not wanted:
        return None
    lock = posixpath.join(project_dir, LOCK)
    folder = _install_path(files, project_dir)
    if not files.exists(lock):
        report.add(NOT_LOCKED.at(wanted[0].span, lock=LOCK))
        return Packages(folder, ())
    items = list(_items(files, lock))
    _check_lock(_wanted_in(items), wanted, report)
    names = list(_project_names(items))
    _check_installed(files, posixpath.join(project_dir, folder), names, report)
    return Packages(folder, tuple(sorted(name for name, _ in names)))


def _check_lock(locked: Iterable[_Wanted], wanted: Iterable[_Wanted], report: Report) -> None:
    """Report what is asked for and not locked so."""
    by_name = {(one.source, _plain_name(one.name)): one for one in locked}
    for one in wanted:
        match = by_name.get((one.source, _plain_name(one.name)))
        if "{{" in f"{one.name}{one.state}":
            continue  # Only dbt knows what it means.
        if match is None:
            report.add(LOCK_DIFFERS.at(one.span, name=one.name, why=f"{LOCK} does not have it"))
        elif not _fits(match.state, one.state):
            why = f"{LOCK} has {match.state}"
            report.add(LOCK_DIFFERS.at(one.span, name=one.name, why=why))


def _check_installed(
    files: Files, folder: str, names: Iterable[tuple[str, Span]], report: Report
) -> None:
    """Report a locked package that is not installed, where others are."""
    if not files.exists(folder):
        return  # The manifest was made elsewhere.
    for name, span in names:
        if not files.exists(posixpath.join(folder, name, "dbt_project.yml")):
            report.add(NOT_INSTALLED.at(span, name=name, folder=posixpath.basename(folder)))


def _wanted_in(items: Iterable[Table]) -> list[_Wanted]:
    """Return the packages that the rows of one of dbt's files name, located."""
    found: list[_Wanted] = []
    for item in items:
        for source, state in SOURCES.items():
            if (named := item.entries.get(source)) is not None:
                at = item.entries.get(state or "")
                stated = None if at is None else plain(at.value)
                found.append(_Wanted(source, str(plain(named.value)), stated, named.value.span))
    return found


def _project_names(items: Iterable[Table]) -> Iterator[tuple[str, Span]]:
    """Yield the names of the locked projects, which newer versions of dbt write down."""
    for item in items:
        if (name := item.entries.get("name")) is not None:
            yield str(plain(name.value)), name.value.span


def _items(files: Files, path: str) -> Iterator[Table]:
    """Yield the rows of the list `packages`; none of a file that is missing, or no YAML."""
    document = dbt_document(files, path)
    packages = None if document is None else document.root.entries.get("packages")
    if packages is not None and isinstance(packages.value, Items):
        yield from (item for item in packages.value.items if isinstance(item, Table))


def _install_path(files: Files, project_dir: str) -> str:
    document = dbt_document(files, posixpath.join(project_dir, "dbt_project.yml"))
    settings: Mapping[str, Any] = {} if document is None else plain(document.root)
    return str(settings.get("packages-install-path", "dbt_packages"))


def _plain_name(name: str) -> str:
    """Return a name as dbt compares it: without case, the ending `.git` and the last slash."""
    return name.lower().rstrip("/").removesuffix(".git").replace("-", "_")


_COMPARISON: Final = re.compile(r"\s*(>=|<=|>|<|=)?\s*v?(\d+(?:\.\d+)*)\s*")


def _fits(locked: Any, wanted: Any) -> bool:
    """Return whether a locked version is one of those wanted; true where that cannot be told."""
    if wanted is None or locked is None:
        return True
    clauses = wanted if isinstance(wanted, tuple) else str(wanted).split(",")
    have = _COMPARISON.fullmatch(str(locked))
    read = [_COMPARISON.fullmatch(str(clause)) for clause in clauses]
    if have is None or not all(read):
        return len(clauses) > 1 or str(locked) == str(clauses[0]) or ">" in str(wanted)
    version = _numbers(have[2])
    return all(_holds(clause[1] or "=", version, _numbers(clause[2])) for clause in read if clause)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _holds(operator: str, version: list[int], bound: list[int]) -> bool:
    """Return whether `version` is so related to `bound`; missing parts are zero."""
    order = next(
        (1 if a > b else -1 for a, b in zip_longest(version, bound, fillvalue=0) if a != b), 0
    )
    return {">=": order >= 0, "<=": order <= 0, ">": order > 0, "<": order < 0, "=": order == 0}[
        operator
    ]
