"""The lock of `execute.requirements`: every package of the environment, with its hashes.

It lies beside the spec and is committed with it. It decides what workers install; what it was
made from is noted in it, so that it is made anew only when that changes, or by request.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from dagwright.diagnostics import Report
from dagwright.files import Files
from dagwright.plan.digests import digest
from dagwright.plan.requirement_rules import (
    LOCK_WITHOUT_DBT,
    NOT_LOCKED,
    NOT_RESOLVED,
    REQUIREMENTS_UNREADABLE,
)
from dagwright.plan.resolver import UnresolvedError, resolve_requirements
from dagwright.span import Span
from dagwright.spec import LoadedSpec
from dagwright.spec.virtualenv import fault, virtualenv_of
from dagwright.spec.virtualenv_rules import NO_REQUIREMENT
from dagwright.text.route import Route

Locking = Literal["keep", "make", "upgrade"]
"""Whether a lock is only read, made where it is missing or stale, or made in any case."""

_TITLE: Final = "# Made by `dagwright compile` from execute.requirements; commit it.\n"
_MADE_FROM: Final = "# made from "
_SUFFIX: Final = re.compile(r"(\.dagwright)?\.ya?ml$")
_ARCHIVES: Final = "an address must be that of an archive: what changes has no hash"
_PACKAGE: Final = re.compile(r"([\w.-]+)(==| @ )\S.*? --hash=\w+:\w+")
_DBT: Final = frozenset({"dbt", "dbt-core", "dbt-fusion"})


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock: where it lies, its whole text, and whether it was made just now.

    `packages` is what pip and uv read: the text without what is noted before it.
    """

    path: str
    text: str
    is_new: bool

    @property
    def packages(self) -> str:
        """The lines that name packages."""
        return "".join(
            line for line in self.text.splitlines(keepends=True) if not line.startswith("#")
        )

    @property
    def entries(self) -> list[str]:
        """The packages, each with its hashes as one line."""
        return _entries(self.text)


def lock_of(files: Files, loaded: LoadedSpec, locking: Locking, report: Report) -> Lock | None:
    """Return the lock that the tasks of `loaded` go by; None where they need none, or have none.

    Only `make` and `upgrade` resolve. Nothing is written here: a new lock goes with the artifact.
    """
    keys, block = virtualenv_of(loaded.spec) or (None, ())
    if keys is None or not keys.requirements:
        return None
    route = (*block, "requirements")
    lines = _lines(files, loaded, keys.requirements, route, report)
    if lines is None:
        return None
    path, at = lock_path(loaded.path), loaded.places.value(route)
    inputs = digest([sorted(lines), keys.python])
    old = files.read(path).decode(errors="replace") if files.exists(path) else None
    stale = _staleness(old, inputs)
    if old is not None and not stale and locking != "upgrade":
        return _with_dbt(Lock(path, old, is_new=False), at, report)
    if locking == "keep":
        report.add(NOT_LOCKED.at(at, path=path, fault=stale))
        return None
    try:
        made = resolve_requirements(lines, keys.python, old if locking == "make" else None)
        if wrong := _odd_entry(made):
            report.add(NOT_RESOLVED.at(at, reason=f"the answer {wrong}", output=_ARCHIVES))
        text = f"{_TITLE}{_MADE_FROM}{inputs}\n{made}"
        return None if wrong else _with_dbt(Lock(path, text, is_new=text != old), at, report)
    except UnresolvedError as error:
        report.add(NOT_RESOLVED.at(at, reason=error.reason, output=error.output))
        return None


def _staleness(text: str | None, inputs: str) -> str:
    """Return why a lock is none of these inputs; nothing if it is one."""
    if text is None:
        return "does not exist"
    if f"{_MADE_FROM}{inputs}\n" not in text:
        return "is not of these requirements"
    return _odd_entry(text)


def _odd_entry(text: str) -> str:
    """Return what is wrong with an entry of a lock; nothing if each is a package with hashes."""
    other = next((line for line in _entries(text) if not _PACKAGE.match(line)), None)
    if other is None:
        return ""
    name = re.split(r"[\s=@]", other)[0]
    return f"has an entry that is no package with its version and hashes: {name}"


def _entries(text: str) -> list[str]:
    """Return the packages of a lock, each with its hashes as one line."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def lock_path(spec: str) -> str:
    """Return where the lock of a spec lies.

    Example:
        >>> lock_path("dags/shop.dagwright.yaml")
        'dags/shop.requirements.lock'
    """
    return f"{_SUFFIX.sub('', spec)}.requirements.lock"


def _with_dbt(lock: Lock, at: Span, report: Report) -> Lock | None:
    names = {found[1] for line in lock.entries if (found := _PACKAGE.match(line))}
    if names & _DBT:
        return lock
    report.add(LOCK_WITHOUT_DBT.at(at))
    return None


def _lines(
    files: Files, loaded: LoadedSpec, stated: Sequence[str] | str, route: Route, report: Report
) -> list[str] | None:
    """Return the requirements, from the spec or from the file that it names."""
    if not isinstance(stated, str):
        return list(stated)  # `spec.checks` has judged each.
    path = loaded.beside(route, stated)
    at = loaded.places.value(route)
    try:
        text = files.read(path).decode()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        report.add(REQUIREMENTS_UNREADABLE.at(at, path=path, reason=reason))
        return None
    stripped = (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines())
    lines = [line for line in stripped if line]
    wrong = next((why for line in lines if (why := fault(line)) is not None), None)
    if wrong is not None:
        report.add(NO_REQUIREMENT.at(at, why=f"in {path}, {wrong}"))
        return None
    return lines
