"""Check the keys of mode `virtualenv` that need each other, or exclude each other."""

from __future__ import annotations

import re
from typing import Final

from dagwright.diagnostics import Report
from dagwright.spec.model import Spec
from dagwright.spec.model.execute import VirtualenvKeys
from dagwright.spec.virtualenv_rules import NO_REQUIREMENT, ONE_ENVIRONMENT
from dagwright.text.route import Places, Route

_USER_IN_ADDRESS: Final = re.compile(r"://[^/\s]*@")


def virtualenv_of(spec: Spec) -> tuple[VirtualenvKeys, Route] | None:
    """Return the keys of the environment that dbt runs in, and the block that they stand in."""
    execute = spec.execute
    keys = getattr(execute, "producer", execute)
    if not isinstance(keys, VirtualenvKeys):
        return None
    return keys, ("execute",) if keys is execute else ("execute", "producer")


def check_virtualenv(spec: Spec, places: Places, report: Report) -> None:
    """Report an environment that is named twice or not at all, and what is no requirement."""
    found_keys = virtualenv_of(spec)
    if found_keys is None:
        return
    keys, block = found_keys
    makes = [key for key in ("requirements", "python", "venv_dir") if getattr(keys, key)]
    if keys.prebuilt is None and not keys.requirements:
        at = places.value((*block, "mode"))
        report.add(ONE_ENVIRONMENT.at(at, found="neither"))
    elif keys.prebuilt is not None and makes:
        route = (*block, makes[0])
        found = f"`prebuilt` and `{makes[0]}`"
        report.add(ONE_ENVIRONMENT.at(places.key(route), found=found, notes=places.notes(route)))
    if isinstance(keys.requirements, tuple):
        for number, text in enumerate(keys.requirements):
            if (why := fault(text)) is not None:
                at = places.value((*block, "requirements", number))
                report.add(NO_REQUIREMENT.at(at, why=why))


def fault(requirement: str) -> str | None:
    """Return why a line is no requirement that may be committed; None if it is one.

    Example:
        >>> fault("dbt-core~=1.11.0"), fault("-r other.txt")
        (None, 'it is an option')
    """
    if requirement.lstrip().startswith("-"):
        return "it is an option"
    if _USER_IN_ADDRESS.search(requirement):
        return "its address holds a user or a password"
    if not requirement.strip()[:1].isalnum():
        return "it does not begin with a name"
    return None
