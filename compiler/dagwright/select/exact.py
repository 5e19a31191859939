"""Name nodes for a dbt command, so that it runs these and no others: proved, node by node.

dbt cannot select by unique id. A node is named by its full fqn and its file, which tells almost
all nodes apart; where something else answers to that name, more is said until nothing does. What
cannot be told apart is returned as such, never guessed at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from dagwright.project import Project, Resource, UniqueId
from dagwright.select.commands import Kept, kept_by
from dagwright.select.fqn import is_versioned
from dagwright.select.index import Index, index_of
from dagwright.select.proof import Atom, breaks, escaped, pinned, selected, source_atom, written
from dagwright.select.spec import Indirect


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A node that no selector names alone: `others` would be selected too, wanted by nobody."""

    node: UniqueId
    others: tuple[UniqueId, ...]


@dataclass(frozen=True, slots=True)
class ExactSelection:
    """Arguments that make a dbt command run exactly the nodes asked for, if none is ambiguous.

    Args:
        arguments: one `--select` argument a node, by unique id; nodes may share one.
        indirect: what `--indirect-selection` must be for the proof to hold.
        ambiguous: the nodes for which there is no proof, and no argument.
    """

    arguments: tuple[str, ...]
    indirect: Indirect
    ambiguous: tuple[Ambiguity, ...] = ()


class ExactSelectors:
    """Finds exact selectors in one project.

    The first question about a command walks all nodes once; after that a node costs a few
    look-ups, and one with a namesake costs as much as its name finds.
    """

    def __init__(self, project: Project) -> None:
        """Prepare nothing yet."""
        self._index = index_of(project)
        self._names: dict[str, _Names] = {}

    def for_nodes(self, ids: Collection[UniqueId], command: str) -> ExactSelection:
        """Return the arguments with which `dbt COMMAND` selects exactly `ids`.

        Args:
            ids: nodes that the command runs; all of a type that it keeps, none of them empty.
            command: run, seed, snapshot, test, build or source freshness.

        Raises:
            KeyError: an id is no node that the command keeps.
        """
        names = self._names_for(command)
        plain = [names.plain(one) for one in sorted(ids)]
        if None not in plain:
            return ExactSelection(tuple(dict.fromkeys(filter(None, plain))), "empty")

        wanted = frozenset(ids)
        lean = self._proved(wanted, names, tests=False)
        if not lean.ambiguous or command != "test" or not self._index.is_1_8:
            return lean
        full = self._proved(wanted, names, tests=True)
        return full if not full.ambiguous else lean

    def _names_for(self, command: str) -> _Names:
        names = self._names.get(command)
        if names is None:
            kept = kept_by(command, self._index.metadata.release)
            names = self._names[command] = _Names(self._index, kept)
        return names

    def _proved(
        self, wanted: frozenset[UniqueId], names: _Names, *, tests: bool
    ) -> ExactSelection:
        arguments: dict[str, None] = {}
        ambiguous = []
        for one in sorted(wanted):
            others: set[UniqueId] = set()
            for atoms in self._spellings(one, tests=tests):
                found = set(filter(names.keeps, selected(self._index, atoms, tests=tests)))
                if one in found and found <= wanted:
                    arguments[written(atoms)] = None
                    break
                others = found - wanted or others
            else:
                ambiguous.append(Ambiguity(one, tuple(sorted(others))))
        return ExactSelection(tuple(arguments), "eager" if tests else "empty", tuple(ambiguous))

    def _spellings(self, one: UniqueId, *, tests: bool) -> Iterator[Sequence[Atom]]:
        """Yield ways to name a node, the plainest first; each later one says more."""
        resource = self._index.resources[one]
        if resource.resource_type == "source":
            yield (source_atom(resource),)
            return
        dotted = ".".join(resource.fqn)
        file = Atom("file", escaped(_file_name(resource)))
        yield (Atom("fqn", escaped(dotted)), file)
        atoms = [Atom("fqn", pinned(dotted))]
        yield tuple(atoms)
        atoms.append(file)
        yield tuple(atoms)
        atoms.append(Atom("package", resource.package_name))
        atoms.append(Atom("resource_type", resource.resource_type))
        if resource.test_metadata:
            atoms.append(Atom("test_name", escaped(resource.test_metadata.name)))
        yield tuple(atoms)
        if tests or not self._index.is_1_8:
            yield (*atoms, *(self._read_by(parent, tests=tests) for parent in resource.parents))

    def _read_by(self, parent: UniqueId, *, tests: bool) -> Atom:
        """Return an atom that a parent's readers belong to.

        dbt 1.8 forgets graph operators where no tests come along; there they have to.
        """
        resource = self._index.resources[parent]
        atom = Atom("fqn", pinned(".".join(resource.fqn)))
        if resource.resource_type == "source":
            atom = source_atom(resource)
        return atom._replace(readers=not tests)


class _Names:
    """The names of everything that one command keeps, to see at a look whether one is alone."""

    def __init__(self, index: Index, kept: Kept) -> None:
        self._index = index
        self._kept = kept
        self._spots: dict[UniqueId, tuple[str, str]] = {}
        self._count: Counter[tuple[str, str]] = Counter()
        self._versions: Counter[str] = Counter()
        self._suspects: set[str] = set()
        self._read()

    def plain(self, one: UniqueId) -> str | None:
        """Return `fqn:...,file:...` where nothing else can answer to it, else None.

        None only means that a look was not enough. A full fqn can be answered to by what has the
        same one, by what lies in a folder of that name, by a leaf that holds dots, and by a
        version with the same last two parts; a file, by the same file and by a stem.
        """
        dotted, file = spot = self._spots[one]
        if (
            self._count[spot] > 1
            or dotted in self._suspects
            or file in self._suspects
            or (self._versions and self._has_twin_version(one, dotted))
            or breaks(dotted)
            or breaks(file)
            or self._index.resources[one].resource_type == "source"
            or self._index.blind("file", self._index.resources[one].resource_type)
        ):
            return None
        return f"fqn:{dotted},file:{file}"

    def keeps(self, one: UniqueId) -> bool:
        """Return whether the command would run a node that is selected."""
        return self._kept.keeps(self._index.resources[one])

    def _read(self) -> None:
        """Walk everything that the command keeps, once."""
        packages = self._index.by_package
        folders = set()
        for one, resource in self._index.resources.items():
            if not self._kept.keeps(resource):
                continue
            fqn = resource.fqn
            dotted, file = spot = (".".join(fqn), _file_name(resource))
            self._spots[one] = spot
            self._count[spot] += 1
            folders.add(dotted.rpartition(".")[0])
            versioned = is_versioned(resource)
            if versioned:
                self._versions["_".join(fqn[-2:])] += 1
            leaf = fqn[-2] if versioned else fqn[-1]
            if "." in leaf:
                self._suspects.add(leaf)
            first = dotted[len(fqn[0]) + 1 :].partition(".")[0]
            if first in packages:  # Without its package it reads as if it were in another.
                bare = dotted[len(fqn[0]) + 1 :]
                self._count[bare, file] += 1
                folders.add(bare.rpartition(".")[0])

        while folders:
            self._suspects |= folders
            folders = {above.rpartition(".")[0] for above in folders} - self._suspects
        files = {file for _, file in self._spots.values()}
        self._suspects.update(stem for name in files if (stem := _stem(name)) in files)

    def _has_twin_version(self, one: UniqueId, dotted: str) -> bool:
        """Return whether a version of another model has the last two parts of `dotted`."""
        wanted = "_".join(dotted.rsplit(".", 2)[-2:])
        resource = self._index.resources[one]
        itself = is_versioned(resource) and "_".join(resource.fqn[-2:]) == wanted
        return self._versions[wanted] > itself


def _file_name(resource: Resource) -> str:
    return resource.original_file_path.rpartition("/")[2]


def _stem(file: str) -> str:
    return file.rpartition(".")[0]
