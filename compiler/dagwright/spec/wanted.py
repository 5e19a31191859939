"""Read what a variable gave as its key wants it: a number where a number belongs, else text.

A variable has no type of its own, and quotes around one are often there because `{a: ${A}}` is no
YAML. What has no variable in it is never converted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pydantic import ValidationError

from dagwright.spec.complaints import Complaint
from dagwright.spec.model import Spec
from dagwright.text.route import Places, with_value
from dagwright.text.scalars import plain_value
from dagwright.text.tree import Scalar, plain

_WANTS_TEXT: Final = frozenset({"string_type", "tuple_type"})
_WANTS_OTHER: Final = frozenset(
    {
        *("int_type", "float_type", "bool_type", "none_required"),
        *("backoff", "switch", "count_or_template"),
    }
)
_TAGS: Final = {bool: "bool", int: "int", float: "float", type(None): "null"}


def as_wanted(places: Places) -> Places:
    """Return `places` with each scalar that has a variable tagged by the type its key wants."""
    try:
        Spec.model_validate(plain(places.root))
    except ValidationError as error:
        root = places.root
        for details in error.errors(include_url=False, include_input=False):
            complaint = Complaint(places, details)
            kind = _kind(complaint)
            if kind is not None and isinstance(complaint.tree, Scalar):
                tagged = replace(complaint.tree, tag=f"tag:yaml.org,2002:{kind}")
                root = with_value(root, complaint.route, tagged)
        return Places(root, places.texts)
    return places


def _kind(complaint: Complaint) -> str | None:
    """Return what a scalar should have been read as, or None where that is no help."""
    tree = complaint.tree
    if not isinstance(tree, Scalar) or not tree.pieces or tree.tag is not None:
        return None
    if complaint.kind in _WANTS_TEXT and not isinstance(tree.value, str):
        return "str"
    return _TAGS.get(type(plain_value(tree.text))) if complaint.kind in _WANTS_OTHER else None
