"""Airflow's old words in a spec: which findings are about one, and how the spec reads without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

from dagwright.diagnostics import Diagnostic
from dagwright.spec.complaints import Complaint
from dagwright.spec.model import Spec
from dagwright.spec.rules import (
    BAD_DURATION,
    OLD_VERSION,
    REFUSED_KEY,
    RETIRED_WORD,
    WRONG_TYPE,
)
from dagwright.text.route import Places, with_key, with_value
from dagwright.text.rules import YAML_1_1_WORD
from dagwright.text.tree import Scalar, Table, plain

_RENEWALS: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                OLD_VERSION.code,
                REFUSED_KEY.code,
                RETIRED_WORD.code,
                YAML_1_1_WORD.code,
            ),
            lambda _: True,
        ),
        BAD_DURATION.code: lambda instead: instead.strip("'\"")[:-1].isdecimal(),
        WRONG_TYPE.code: lambda instead: instead in {"true", "false"},
    }
)
"""By rule, whether what belongs at the place of a finding is the new word for an old one."""

_MOST_ROUNDS: Final = 10


def is_renewal(found: Diagnostic) -> bool:
    """Return whether `found` is about an old word that has one new one, and about no slip."""
    renews = _RENEWALS.get(found.rule.code)
    return renews is not None and found.instead is not None and renews(found.instead)


def as_renewed(places: Places) -> Places:
    """Return `places` with old words read as the new ones, each where the model refuses it.

    Text that an anchor shares is not: what is free data elsewhere stays as it is there.
    """
    for _ in range(_MOST_ROUNDS):
        root = _one_round(places)
        if root is places.root:
            break
        places = Places(root, places.texts)
    return places


def _one_round(places: Places) -> Table:
    """Return the tree of `places` without the old words that the model sees at once."""
    root = places.root
    try:
        Spec.model_validate(plain(root))
    except ValidationError as error:
        for details in error.errors(include_url=False, include_input=False):
            complaint = Complaint(places, details)
            if is_renewal(found := complaint.diagnostic()) and found.instead is not None:
                root = _renewed(root, complaint, found.instead)
    return root


def _renewed(root: Table, complaint: Complaint, instead: str) -> Table:
    *parent, last = complaint.route
    if complaint.kind == "extra_forbidden":
        block = Places(root, {}).tree(tuple(parent))
        if not isinstance(block, Table):
            return root
        block = with_key(block, str(last), instead)
        return with_value(root, tuple(parent), block) if parent else block
    if not isinstance(complaint.tree, Scalar):
        return root
    quoted = instead[:1] in {"'", '"'}
    text, style = (instead[1:-1], instead[0]) if quoted else (instead, "")
    return with_value(root, complaint.route, Scalar(text, complaint.tree.span, style))
