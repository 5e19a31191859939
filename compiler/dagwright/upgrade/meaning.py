"""What a spec means: what every environment makes of it, and the artifact that it compiles to.

Two texts of one spec mean the same where both are equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest

from dagwright.diagnostics import Diagnostic, Report
from dagwright.files import Files
from dagwright.pipeline import Options, compile_spec
from dagwright.span import Span
from dagwright.spec import LoadedSpec, SpecDocument, resolve, variants
from dagwright.upgrade.rules import CHANGED_MEANING


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one spec means, by environment; None stands for the spec as it is.

    `fault` is the first error, where an environment has one; `artifacts` are of those that
    compile without running dbt.
    """

    path: str
    loaded: Mapping[str | None, LoadedSpec | None]
    artifacts: Mapping[str | None, str | None]
    fault: Diagnostic | None


def meaning(files: Files, path: str, document: SpecDocument | None, report: Report) -> Meaning:
    """Return what the spec at `path` means; Airflow's old words count as the new ones.

    `document` is what was read of it, and `report` what was found then.
    """
    loaded: dict[str | None, LoadedSpec | None] = {}
    if document is not None:
        renewed = replace(document, renewed=True)
        loaded = {name: resolve(renewed, name, report) for name in variants(document)}
    artifacts = {
        name: _artifact(files, spec, document.variables)
        for name, spec in loaded.items()
        if spec is not None and document is not None
    }
    fault = next((one for one in report.sorted() if one.rule.severity == "error"), None)
    return Meaning(path, loaded, artifacts, fault)


def _artifact(files: Files, loaded: LoadedSpec, variables: Mapping[str, str]) -> str | None:
    """Return what a spec compiles to; None where it does not, or where dbt would have to run."""
    if loaded.spec.render.load == "dbt" or not files.exists(loaded.manifest):
        return None
    options = Options(loaded.environment, variables)
    compiled = compile_spec(files, loaded.path, options, Report())
    return None if compiled is None else compiled.text


def changes(before: Meaning, after: Meaning) -> Iterator[Diagnostic]:
    """Yield how `after` differs from `before`, where that means something, and in its places."""
    for name, old in before.loaded.items():
        new = after.loaded.get(name)
        if old is None:
            continue
        if new is None:
            said = "" if after.fault is None else f": {after.fault.message}"
            yield _finding(before, Span(before.path, 0, 0), f"it would have an error{said}")
        elif (difference := _difference(old, new)) is not None:
            yield _finding(before, *difference)
        elif before.artifacts[name] not in {None, after.artifacts[name]}:
            yield _finding(before, Span(before.path, 0, 0), "its artifact would be another one")


def _finding(before: Meaning, at: Span, what: str) -> Diagnostic:
    return CHANGED_MEANING.at(at, spec=before.path, what=what)


def _difference(old: LoadedSpec, new: LoadedSpec) -> tuple[Span, str] | None:
    """Return where the first value is that `new` has otherwise, and its name."""
    missing = ((), object())
    for one, other in zip_longest(old.leaves(), new.leaves(), fillvalue=missing):
        if one != other:
            route, _ = one if one is not missing else other
            where = ".".join(map(str, route))
            environment = f" in environment `{old.environment}`" if old.environment else ""
            return old.places.value(route), f"`{where}` would be another{environment}"
    return None
