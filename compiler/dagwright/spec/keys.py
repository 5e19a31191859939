"""Which keys a place of the spec may have: read from the model, so that no list can be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from dagwright.spec.model import MODES, Spec, SpecPart
from dagwright.text.route import Route


def parts_at(route: Route) -> tuple[type[SpecPart], ...]:
    """Return the classes that the value at `route` may be; none for scalars and free data.

    A list that may be written as a single value counts as its item.
    """
    found: list[Any] = [Spec]
    for part in route:
        found = [inner for annotation in found for inner in _step(annotation, part)]
    return tuple(dict.fromkeys(kind for annotation in found for kind in _classes(annotation)))


def keys_at(route: Route) -> tuple[str, ...]:
    """Return the keys that the mapping at `route` may have, in the order of the reference."""
    return tuple(dict.fromkeys(key for part in parts_at(route) for key in part.model_fields))


def modes_with(key: str) -> tuple[str, ...]:
    """Return the modes whose `execute` block has `key`."""
    return tuple(mode for mode, part in MODES.items() if key in part.model_fields)


def _step(annotation: Any, part: str | int) -> Iterator[Any]:
    """Yield the types of what lies under `part` of a value of type `annotation`."""
    for kind in _members(annotation):
        arguments = get_args(kind)
        if _is_part(kind):
            if isinstance(part, str) and part in kind.model_fields:
                yield kind.model_fields[part].annotation
        elif get_origin(kind) is dict and isinstance(part, str):
            yield arguments[1]
        elif get_origin(kind) is tuple and isinstance(part, int):
            yield arguments[0]


def _classes(annotation: Any) -> Iterator[type[SpecPart]]:
    """Yield the classes of mappings that `annotation` allows."""
    for kind in _members(annotation):
        if _is_part(kind):
            yield kind


def _members(annotation: Any) -> Iterator[Any]:
    """Yield the types that `annotation` is a union of, unwrapped."""
    if get_origin(annotation) is Annotated:
        yield from _members(get_args(annotation)[0])
    elif get_origin(annotation) in {Union, UnionType}:
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, SpecPart)
