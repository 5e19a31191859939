"""Which keys a place of the spec may have: read from the model, so that no list can be wrong."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from dagwright.spec.model import MODES, Spec, SpecPart
from dagwright.text.route import Route
from dagwright.text.tree import Scalar, Table, Tree

ModeOf = Callable[[Route], str | None]
"""From the route of a mapping to the mode that is written in it."""


def mode_of(tree: Tree | None) -> str | None:
    """Return the text of the key `mode`, by which a block of `execute` is told from others."""
    entry = tree.entries.get("mode") if isinstance(tree, Table) else None
    return entry.value.text if entry is not None and isinstance(entry.value, Scalar) else None


def parts_at(route: Route, mode_at: ModeOf = lambda _: None) -> tuple[type[SpecPart], ...]:
    """Return the classes that the value at `route` may be; none for scalars and free data.

    A list that may be written as a single value counts as its item. Of blocks that differ by
    their mode, those of other modes are left out where the mode is known.
    """
    found: list[Any] = [Spec]
    for length, part in enumerate(route):
        mode = mode_at(route[:length])
        found = [inner for one in found for inner in _step(one, part, mode)]
    mode = mode_at(route)
    parts = (kind for one in found for kind in _members(one) if _is_part(kind))
    return tuple(dict.fromkeys(kind for kind in parts if _is_of_mode(kind, mode)))


def keys_at(route: Route, mode_at: ModeOf = lambda _: None) -> tuple[str, ...]:
    """Return the keys that the mapping at `route` may have, in the order of the reference."""
    return tuple(
        dict.fromkeys(key for part in parts_at(route, mode_at) for key in part.model_fields)
    )


BLOCKS_WITH_MODES: Final[tuple[Route, ...]] = (("execute",), ("execute", "producer"))
"""The blocks whose keys are those of their mode."""


def modes_with(key: str, block: Route = ("execute",)) -> tuple[str, ...]:
    """Return the modes whose block, `execute` or the producer in it, has `key`."""
    parts = {mode: parts_at(block, dict.fromkeys((block,), mode).get) for mode in MODES}
    return tuple(mode for mode in MODES if any(key in one.model_fields for one in parts[mode]))


_BLOCKS: Final[tuple[Route, ...]] = (
    ("dag",),
    ("dag", "default_args"),
    ("task_group", "default_args"),
    ("render",),
    ("execute",),
    ("requires",),
)
"""Where a key may belong that stands in another block."""


def home_of(key: str, parent: Route, written: Container[str]) -> str:
    """Return, in words, which modes or which other block have a key that `parent` has not.

    `written` are the keys at the top of the spec. Empty where none has it.
    """
    if parent in BLOCKS_WITH_MODES and (modes := modes_with(key, parent)):
        return f"modes that have this key: {', '.join(modes)}"
    if parent[:1] == ("environments",):  # What an environment may say is less, and that is why.
        return ""
    inner: tuple[Route, ...] = (("execute", "profile"),) if parent == ("execute",) else ()
    for block in (*inner, *_BLOCKS):
        if block != parent and block[0] in written and key in keys_at(block):
            return f"it is a key of `{'.'.join(map(str, block))}`"
    return ""


def _step(annotation: Any, part: str | int, mode: str | None) -> Iterator[Any]:
    """Yield the types of what lies under `part` of a value of type `annotation`."""
    for kind in _members(annotation):
        arguments = get_args(kind)
        if _is_part(kind):
            if isinstance(part, str) and part in kind.model_fields and _is_of_mode(kind, mode):
                yield kind.model_fields[part].annotation
        elif get_origin(kind) is dict and isinstance(part, str):
            yield arguments[1]
        elif get_origin(kind) is tuple and isinstance(part, int):
            yield arguments[0]


def _is_of_mode(kind: type[SpecPart], mode: str | None) -> bool:
    """Return whether a block may have the mode that is written; true where nobody knows it."""
    field = kind.model_fields.get("mode")
    return field is None or mode not in MODES or mode in get_args(field.annotation)


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
