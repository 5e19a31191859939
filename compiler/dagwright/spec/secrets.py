"""Find secrets that are written out: by the name of their key, and by their shape.

What is found is never quoted: the findings name the key, and renderers blank out their spans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from dagwright.diagnostics import Note, Report
from dagwright.spec.rules import SECRET_KEY, SECRET_SHAPE, SECRET_URL
from dagwright.text.route import Route
from dagwright.text.tree import Items, Scalar, Table, Tree

_SECRET_NAME: Final = re.compile(
    r"(?:^|_)(?:password|passwd|passphrase|pass|pwd|secret|token|secret_?key|api_?key"
    r"|access_?key|private_?key|auth_?key|account_?key|sas_?token|connection_?string)$"
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TEMPLATE: Final = re.compile(r"\{\{.*\}\}", re.DOTALL)
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{1,30}://[^\s/?#@:]*:(?P<password>[^\s/?#@]+)@")
_SHAPES: Final = (
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----")),
    ("a GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{20,})")),
    ("a GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_\-]{20,}")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9\-]{10,}")),
    ("a Google API key", re.compile(r"\bAIza[0-9A-Za-z_\-]{35}")),
    ("a Databricks token", re.compile(r"\bdapi[0-9a-f]{32}")),
    ("a Stripe key", re.compile(r"\b[sr]k_(?:live|test)_[0-9A-Za-z]{16,}")),
    ("a dbt Cloud token", re.compile(r"\bdbt[cu]_[A-Za-z0-9_\-]{30,}")),
    ("a JSON web token", re.compile(r"\beyJ[A-Za-z0-9_\-]{10,}\.eyJ[A-Za-z0-9_\-]{10,}\.")),
)

NAMED: Final[tuple[Route, ...]] = (
    ("execute", "env"),
    ("execute", "vars"),
    ("execute", "profile"),
    ("render", "dbt", "env"),
    ("render", "dbt", "vars"),
    ("dag", "params"),
    ("dag", "default_args"),
    ("task_group", "default_args"),
)
"""The blocks whose keys are names of the author's, and so may be names of secrets."""


class _Leaf(NamedTuple):
    """A scalar, the keys that lead to it, and how it came there."""

    route: tuple[str, ...]
    scalar: Scalar
    notes: tuple[Note, ...]


def check_secrets(root: Table, report: Report) -> None:
    """Report every secret in the tree `root`, variables replaced; once each."""
    for leaf in _leaves(root, (), ()):
        scalar = leaf.scalar
        if leaf.route[:1] == ("environments",) or not scalar.text or _TEMPLATE.search(scalar.text):
            continue
        if (url := _URL.search(scalar.text)) and not url["password"].startswith("$"):
            report.add(SECRET_URL.at(scalar.span, notes=leaf.notes))
        elif (kind := _shape(scalar.text)) is not None:
            report.add(SECRET_SHAPE.at(scalar.span, kind=kind, notes=leaf.notes))
        elif _is_named_secret(leaf):
            hint = "write a template such as {{ conn.warehouse.password }}, filled in at run time"
            if leaf.route[0] == "render":
                hint = "set it in the environment where the compiler runs"
            report.add(SECRET_KEY.at(scalar.span, key=leaf.route[-1], hint=hint, notes=leaf.notes))


def _is_named_secret(leaf: _Leaf) -> bool:
    if not any(leaf.route[: len(block)] == block for block in NAMED):
        return False
    name = _CAMEL.sub("_", leaf.route[-1]).lower().replace("-", "_")
    value = leaf.scalar.value
    return bool(_SECRET_NAME.search(name)) and value is not None and not isinstance(value, bool)


def _shape(text: str) -> str | None:
    return next((kind for kind, pattern in _SHAPES if pattern.search(text)), None)


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
