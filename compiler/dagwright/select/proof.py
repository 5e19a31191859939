"""Selectors made of few atoms, and a proof of what they select that asks few nodes.

An atom is a method and a value without graph operators; a selector here is the intersection of
some. Whether a node is in it can be asked of the node alone, and of its parents where tests come
along; candidates come from an index. So a proof costs what the first atom finds, not what the
project holds. The answer equals that of `evaluate`, which a property test holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from dagwright.project import Resource, UniqueId
from dagwright.select.fqn import is_versioned, matches
from dagwright.select.index import Index
from dagwright.select.wild import matcher

_BREAKING: Final = re.compile(r"[ ,*?\[\]\n]|\+(?=\d*\Z)")
"""What a value cannot hold: separators, wildcards, and what reads as children at its end."""

_CLASSES: Final = MappingProxyType({"*": "[*]", "?": "[?]", "[": "[[]"})
"""What stands for a wildcard that is a character of a name."""

_TESTS: Final = frozenset(("test", "unit_test"))


class Atom(NamedTuple):
    """`method:value`, with no character in `value` that means something else.

    `readers` is whether what reads it directly belongs to it too, tests in every mode: `+1`.
    """

    method: Literal["fqn", "file", "package", "resource_type", "test_name", "source"]
    value: str
    readers: bool = False

    def __str__(self) -> str:
        """Return it as dbt reads it."""
        return f"{self.method}:{self.value}{'+1' if self.readers else ''}"


def written(atoms: Iterable[Atom]) -> str:
    """Return the `--select` argument that intersects `atoms`."""
    return ",".join(map(str, atoms))


def source_atom(resource: Resource) -> Atom:
    """Return the atom for a source; a dot in one of its names is replaced, since dots separate."""
    names = (resource.package_name, resource.source_name or "", resource.name)
    return Atom("source", ".".join(escaped(name).replace(".", "?") for name in names))


def breaks(value: str) -> bool:
    """Return whether some of `value` must be replaced before it can stand in a selector."""
    return _BREAKING.search(value) is not None


def escaped(value: str) -> str:
    """Return a value that matches `value`: a wildcard as a class of itself, and otherwise a `?`.

    What separates terms cannot be written at all, so such a value may match more.

    Example:
        >>> escaped("a b*c+2")
        'a?b[*]c?2'
    """
    return _BREAKING.sub(lambda match: _CLASSES.get(match.group(), "?"), value)


def pinned(value: str) -> str:
    """Return an fqn that matches `value` as a whole, and nothing that only begins with it.

    A part with a wildcard makes dbt compare all the rest, and `[x]` is a wildcard that matches
    one letter.

    Example:
        >>> pinned("shop.staging.orders")
        'shop.staging.order[s]'
    """
    if breaks(value):
        return escaped(value)
    for place in range(len(value) - 1, -1, -1):
        if value[place].isalnum():
            return f"{value[:place]}[{value[place]}]{value[place + 1 :]}"
    return value


def selected(index: Index, atoms: Sequence[Atom], *, tests: bool) -> set[UniqueId]:
    """Return what the intersection of `atoms` selects, of all types.

    Args:
        index: the project.
        atoms: one or more; the first is an fqn, or a source, without its readers.
        tests: whether tests come along eagerly; otherwise none does, as with `empty`.
    """
    first = atoms[0]
    if first.method == "fqn":
        candidates = index.fqns.search(first.value)
    else:
        candidates = set(index.of_types("source"))
    if tests:
        candidates |= {child for one in candidates for child in index.children[one]}
    return {
        one
        for one in candidates
        if all(_holds(index, atom, index.resources[one], tests) for atom in atoms)
    }


def _holds(index: Index, atom: Atom, resource: Resource, tests: bool) -> bool:  # noqa: FBT001
    if index.blind(atom.method, resource.resource_type):
        return False
    question = _QUESTIONS[atom.method]
    if question(index, resource, atom.value):
        return True
    if not atom.readers and not (tests and resource.resource_type in _TESTS):
        return False
    parents = (index.resources[parent] for parent in resource.parents)
    return any(
        question(index, parent, atom.value)
        for parent in parents
        if not (parent.empty and index.is_1_8)  # Hidden there, so that no test comes along.
    )


def _by_fqn(index: Index, resource: Resource, value: str) -> bool:
    return resource.resource_type != "source" and matches(
        resource.fqn, value, versioned=is_versioned(resource), bare_leaf=index.bare_leaf
    )


def _by_file(_: Index, resource: Resource, value: str) -> bool:
    path, fits = PurePosixPath(resource.original_file_path), matcher(value)
    return bool(fits(path.name) or fits(path.stem))


def _by_source(_: Index, resource: Resource, value: str) -> bool:
    """`value` has three parts: no source that is named in a proof has fewer."""
    if resource.resource_type != "source":
        return False
    own = (resource.package_name, resource.source_name or "", resource.name)
    return all(matcher(part)(name) for part, name in zip(value.split("."), own, strict=True))


def _by_package(_: Index, resource: Resource, value: str) -> bool:
    return resource.package_name == value


def _by_type(_: Index, resource: Resource, value: str) -> bool:
    return resource.resource_type == value


def _by_test_name(_: Index, resource: Resource, value: str) -> bool:
    test = resource.test_metadata
    return bool(test and resource.resource_type == "test" and matcher(value)(test.name))


_QUESTIONS: Final[Mapping[str, Callable[[Index, Resource, str], bool]]] = MappingProxyType(
    {
        "fqn": _by_fqn,
        "file": _by_file,
        "package": _by_package,
        "resource_type": _by_type,
        "source": _by_source,
        "test_name": _by_test_name,
    }
)
"""The methods that proofs use, asked about one resource; `methods` asks them of a project."""
