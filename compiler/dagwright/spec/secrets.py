"""Find secrets that are written out: by the name of their key, and by their shape.

What is found is never quoted: the findings name the key, and renderers blank out their spans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from dagwright.diagnostics import Diagnostic, Note, Report
from dagwright.diagnostics.redact import is_secret_name, shaped_secrets, url_passwords
from dagwright.spec.keys import mode_of
from dagwright.spec.model import MODES, ContainerKeys, ExecuteCommon
from dagwright.spec.rules import SECRET_IN_PLAIN_SIGHT, SECRET_KEY, SECRET_SHAPE, SECRET_URL
from dagwright.text.offsets import part_of
from dagwright.text.route import Places, Route
from dagwright.text.tree import Items, Scalar, Table, Tree

_TEMPLATE: Final = re.compile(r"\{\{.*\}\}", re.DOTALL)

_OF_CONNECTION: Final = re.compile(
    r"\{\{[^}]*\bconn\.\w+\.(?:password|get_password|get_uri|extra)\b", re.DOTALL
)
"""What of a connection is a secret, or may hold one."""

_BLOCKS: Final[tuple[tuple[str, ...], ...]] = (("execute",), ("execute", "producer"))

NAMED: Final[tuple[Route, ...]] = (
    ("execute", "env"),
    ("execute", "vars"),
    ("execute", "profile"),
    *((*block, key) for block in _BLOCKS for key in ("overrides", "operator_args")),
    *((*block, key) for block in _BLOCKS for key in ("pod", "labels", "annotations")),
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

_OF_CONTAINERS: Final = (
    ("execute", "env"),
    *((*block, key) for block in _BLOCKS for key in ("overrides", "pod", "labels", "annotations")),
)
"""The blocks that become settings of containers."""

_SHOWN: Final = frozenset({"labels", "annotations"})
"""What is told of a container to everybody who may look at it, and what no dbt reads."""

_OF_AGENTS: Final = "vault.hashicorp.com/"
"""Annotations of this domain say where a secret lies, whatever they are called."""


class _Leaf(NamedTuple):
    """A scalar, the keys that lead to it, and how it came there."""

    route: tuple[str, ...]
    scalar: Scalar
    notes: tuple[Note, ...]


def check_secrets(places: Places, report: Report) -> None:
    """Report every secret in the tree of `places`, variables replaced; once each."""
    contained = _is_contained(places)
    for leaf in _leaves(places.root, (), ()):
        if leaf.route[:1] != ("environments",) and leaf.scalar.text:
            found = list(_by_shape(leaf, places)) or list(_by_name(leaf))
            for diagnostic in found or (_in_plain_sight(leaf) if contained else ()):
                report.add(diagnostic)


def _is_contained(places: Places) -> bool:
    """Return whether dbt runs in a container, by the mode of the spec or of its producer."""
    block = places.tree(("execute", "producer")) or places.tree(("execute",))
    return issubclass(MODES.get(mode_of(block) or "", ExecuteCommon), ContainerKeys)


def _in_plain_sight(leaf: _Leaf) -> Iterator[Diagnostic]:
    """Yield a finding for a secret that a template puts where a container's settings are read."""
    text = leaf.scalar.text
    if any(leaf.route[: len(block)] == block for block in _OF_CONTAINERS) and (
        _OF_CONNECTION.search(text) or (_TEMPLATE.search(text) and is_secret_name(leaf.route[-1]))
    ):
        yield SECRET_IN_PLAIN_SIGHT.at(leaf.scalar.span, key=leaf.route[-1], notes=leaf.notes)


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
    if leaf.route[0] == "execute" and leaf.route[1] in {"env", "overrides", "pod", "producer"}:
        hint = "say in `execute.secrets` where it lies; it is looked up at run time"
    if _is_shown(leaf):
        hint = "leave it out, and say in `execute.secrets` where it lies: labels are for everybody"
    if leaf.route[0] == "render":
        hint = "set it in the environment where the compiler runs"
    if leaf.route[:2] == ("dag", "deadline"):
        hint = "let the function look it up, such as in a connection"
    yield SECRET_KEY.at(leaf.scalar.span, key=leaf.route[-1], hint=hint, notes=leaf.notes)


def _is_shown(leaf: _Leaf) -> bool:
    return leaf.route[0] == "execute" and not _SHOWN.isdisjoint(leaf.route[1:-1])


def _is_named_secret(leaf: _Leaf) -> bool:
    if not any(leaf.route[: len(block)] == block for block in NAMED):
        return False
    value = leaf.scalar.value
    if _is_shown(leaf) and leaf.route[-1].startswith(_OF_AGENTS):
        return False
    return is_secret_name(leaf.route[-1]) and value is not None and not isinstance(value, bool)


def _leaves(tree: Tree, route: tuple[str, ...], notes: tuple[Note, ...]) -> Iterator[_Leaf]:
    """Yield the scalars of `tree`; the items of a list go by the key of the list.

    The `value` beside a `name`, as in the `env` of a pod, goes by that name.
    """
    notes = (*notes, *tree.notes)
    match tree:
        case Scalar():
            yield _Leaf(route, tree, notes)
        case Table(entries=entries):
            called = entries["name"].value if entries.keys() >= {"name", "value"} else None
            for key, entry in entries.items():
                own = key == "value" and isinstance(called, Scalar)
                name = called.text if own and isinstance(called, Scalar) else key
                yield from _leaves(entry.value, (*route, name), (*notes, *entry.notes))
        case Items(items=items):
            for item in items:
                yield from _leaves(item, route, notes)
