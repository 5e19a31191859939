"""Find secrets that are written out: by the name of their key, and by their shape.

What is found is never quoted: the findings name the key, and renderers blank out their spans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from dagwright.diagnostics import Diagnostic, Note, Report
from dagwright.diagnostics.redact import is_secret_name, shaped_secrets, url_passwords
from dagwright.spec.rules import SECRET_KEY, SECRET_SHAPE, SECRET_URL
from dagwright.text.offsets import part_of
from dagwright.text.route import Places, Route
from dagwright.text.tree import Items, Scalar, Table, Tree

_TEMPLATE: Final = re.compile(r"\{\{.*\}\}", re.DOTALL)

NAMED: Final[tuple[Route, ...]] = (
    ("execute", "env"),
    ("execute", "vars"),
    ("execute", "profile"),
    ("render", "dbt", "env"),
    ("render", "dbt", "vars"),
    ("dag", "params"),
    ("dag", "default_args"),
    ("dag", "deadline", "arguments"),
    ("render", "overrides"),
    ("execute", "policy"),
    ("task_group", "default_args"),
)
"""The blocks whose keys are names of the author's, and so may be names of secrets."""


class _Leaf(NamedTuple):
    """A scalar, the keys that lead to it, and how it came there."""

    route: tuple[str, ...]
    scalar: Scalar
    notes: tuple[Note, ...]


def check_secrets(places: Places, report: Report) -> None:
    """Report every secret in the tree of `places`, variables replaced; once each."""
    for leaf in _leaves(places.root, (), ()):
        if leaf.route[:1] != ("environments",) and leaf.scalar.text:
            found = list(_by_shape(leaf, places))
            for diagnostic in found or _by_name(leaf):
                report.add(diagnostic)


def _by_shape(leaf: _Leaf, places: Places) -> Iterator[Diagnostic]:
    """Yield a finding for each part of the text that can be told to be a secret."""
    scalar = leaf.scalar
    source = places.texts.get(scalar.span.file, "")
    for start, end in url_passwords(scalar.text):
        yield SECRET_URL.at(part_of(scalar, source, start, end), notes=leaf.notes)
    for kind, (start, end) in shaped_secrets(scalar.text):
        at = part_of(scalar, source, start, end)
        yield SECRET_SHAPE.at(at, kind=kind, notes=leaf.notes)


def _by_name(leaf: _Leaf) -> Iterator[Diagnostic]:
    """Yield a finding if the key says that the value, which is no template, is a secret."""
    if _TEMPLATE.search(leaf.scalar.text) or not _is_named_secret(leaf):
        return
    hint = "write a template such as {{ conn.warehouse.password }}, filled in at run time"
    if leaf.route[0] == "render":
        hint = "set it in the environment where the compiler runs"
    if leaf.route[:2] == ("dag", "deadline"):
        hint = "let the function look it up, such as in a connection"
    yield SECRET_KEY.at(leaf.scalar.span, key=leaf.route[-1], hint=hint, notes=leaf.notes)


def _is_named_secret(leaf: _Leaf) -> bool:
    if not any(leaf.route[: len(block)] == block for block in NAMED):
        return False
    value = leaf.scalar.value
    return is_secret_name(leaf.route[-1]) and value is not None and not isinstance(value, bool)


def _leaves(tree: Tree, route: tuple[str, ...], notes: tuple[Note, ...]) -> Iterator[_Leaf]:
    """Yield the scalars of `tree`; the items of a list go by the key of the list."""
    notes = (*notes, *tree.notes)
    match tree:
        case Scalar():
            yield _Leaf(route, tree, notes)
        case Table(entries=entries):
            for name, entry in entries.items():
                yield from _leaves(entry.value, (*route, name), (*notes, *entry.notes))
        case Items(items=items):
            for item in items:
                yield from _leaves(item, route, notes)
