"""Read a spec file, the files it extends, and the spec that each of its environments makes.

Reading is done once (`read_spec`), deciding once an environment (`resolve`); `load_spec` is both.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from dagwright.diagnostics import Diagnostic, Note, Report
from dagwright.files import Files
from dagwright.span import Span
from dagwright.spec.checks import check_spec
from dagwright.spec.decode import decode
from dagwright.spec.loaded import LoadedSpec
from dagwright.spec.model import VERSION
from dagwright.spec.old_words import as_renewed
from dagwright.spec.overlay import overlay, overlay_environment
from dagwright.spec.profiles import check_profile
from dagwright.spec.rules import EXTENDS_CYCLE, UNKNOWN_ENVIRONMENT, WRONG_TYPE
from dagwright.spec.secrets import check_secrets
from dagwright.spec.variables import Interpolation
from dagwright.spec.versions import MIGRATIONS, Migration, in_newest_words
from dagwright.spec.wanted import as_wanted
from dagwright.text.document import Document, parse_document
from dagwright.text.near import near_miss
from dagwright.text.route import Places
from dagwright.text.source import read_text
from dagwright.text.tree import Entry, Scalar, Table, Tree

_MOST_PARENTS = 16


@dataclass(frozen=True, slots=True)
class SpecDocument:
    """A spec file with all that it extends merged in, before any environment is chosen.

    `variables_read` are the variables that decided which files those are; at `suspects` stand
    errors that have been reported. `outdated` are the words of an older version of the language,
    which read as the newest ones do. With `renewed`, so do Airflow's old words.
    """

    path: str
    root: Table
    texts: Mapping[str, str]
    variables: Mapping[str, str]
    variables_read: frozenset[str] = frozenset()
    suspects: frozenset[Span] = frozenset()
    outdated: tuple[Diagnostic, ...] = ()
    renewed: bool = False


def load_spec(
    files: Files,
    path: str,
    environment: str | None,
    variables: Mapping[str, str],
    report: Report,
) -> LoadedSpec | None:
    """Return the spec at `path` as `environment` has it, or None where it has errors."""
    document = read_spec(files, path, variables, report)
    return None if document is None else resolve(document, environment, report)


def read_spec(
    files: Files,
    path: str,
    variables: Mapping[str, str],
    report: Report,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> SpecDocument | None:
    """Return the file at `path` and its parents, read and merged; None where one is unreadable.

    `migrations` are the older versions of the language that are known.
    """
    text = read_text(files, path, report)
    if text is None:
        return None
    document = parse_document(path, text, report)
    if document is None:
        return None
    return _Reading(files, variables, report, {path: text}, migrations).with_parents(document)


@dataclass(slots=True)
class _Reading:
    """The files that one spec is made of; `texts` are those that have been read."""

    files: Files
    variables: Mapping[str, str]
    report: Report
    texts: dict[str, str]
    migrations: Sequence[Migration]

    def with_parents(self, document: Document) -> SpecDocument | None:
        """Return `document` laid over the file it extends, and that over its own parent."""
        layers = [document]
        read: set[str] = set()
        while (entry := layers[-1].root.entries.get("extends")) is not None:
            substitution = Interpolation(self.variables, self.texts, self.report)
            value = substitution.tree(entry.value)
            read |= substitution.read
            parent = self.parent(layers, value)
            if parent is None:
                return None
            layers.append(parent)
        return self.merged(layers, read)

    def merged(self, layers: list[Document], read: set[str]) -> SpecDocument | None:
        """Return the documents of one spec as one, each over the one that it extends."""
        newest = in_newest_words([layer.root for layer in layers], self.report, self.migrations)
        if newest is None:
            return None
        layers = [replace(layer, root=new.root) for layer, new in zip(layers, newest, strict=True)]
        root = layers[-1].root
        for child, parent in zip(layers[-2::-1], layers[:0:-1], strict=True):
            at = child.root.entries["extends"].value.span
            note = Note(at, f"used here, through `extends` of {parent.path}")
            root = overlay(root, child.root, base_notes=(note,))
        return SpecDocument(
            layers[0].path,
            root,
            MappingProxyType(self.texts),
            self.variables,
            frozenset(read),
            frozenset(span for layer in layers for span in layer.suspects),
            tuple(found for layer in newest for found in layer.outdated),
        )

    def parent(self, layers: list[Document], extends: object) -> Document | None:
        """Return the document that the last of `layers` extends, reported where there is none."""
        child = layers[-1]
        if not isinstance(extends, Scalar) or not isinstance(extends.value, str):
            at = child.root.entries["extends"].value.span
            self.report.add(
                WRONG_TYPE.at(
                    at,
                    where="`extends`",
                    expected="text",
                    found="something else",
                    hint="name one file",
                )
            )
            return None
        folder = posixpath.dirname(child.path)
        path = posixpath.normpath(posixpath.join(folder, extends.value))
        if path in self.texts or len(layers) > _MOST_PARENTS:
            chain = " -> ".join([*(layer.path for layer in layers), path])
            self.report.add(EXTENDS_CYCLE.at(extends.span, chain=chain))
            return None
        text = read_text(self.files, path, self.report, asked_at=extends.span)
        if text is None:
            return None
        self.texts[path] = text
        return parse_document(path, text, self.report)


def environment_names(document: SpecDocument) -> tuple[str, ...]:
    """Return the names of the environments that the spec has, in the order written."""
    table = _environments(document)
    return () if table is None else tuple(name for name in table.entries if name[:2] != "x-")


def variants(document: SpecDocument) -> tuple[str | None, ...]:
    """Return what can be compiled: None for the spec as it is, and each environment's name.

    A spec that leaves the mode to its environments is nothing by itself.
    """
    names = environment_names(document)
    execute = document.root.entries.get("execute")
    table = None if execute is None else execute.value
    whole = not names or (isinstance(table, Table) and "mode" in table.entries)
    return (None, *names) if whole else names


def resolve(document: SpecDocument, environment: str | None, report: Report) -> LoadedSpec | None:
    """Return the spec that `environment` makes of `document`, or None where it has errors.

    The cost is that of decoding: nothing is read, so that every environment can be checked.
    """
    found = Report(ignores=report.ignores)
    root = _chosen(document, environment, found)
    loaded = None if root is None else _loaded(document, root, environment, found)
    report.found += found.found
    return None if found.failed else loaded


def resolve_selection(document: SpecDocument, environment: str | None) -> LoadedSpec | None:
    """Return a stand-in for a spec with errors that selects what it does, or None if it cannot.

    Of what is written it has `render` and `test_indirect_selection` alone, so that errors in what
    is selected are found in the same run as those of the rest.
    """
    root = _chosen(document, environment, Report())
    render = None if root is None else root.entries.get("render")
    if root is None or render is None:
        return None
    at, written = root.span, root.entries.get("execute")
    below = written.value if written is not None else None
    kept = dict(below.entries) if isinstance(below, Table) else {}
    mode = {name: entry for name, entry in kept.items() if name == "test_indirect_selection"}
    execute = Table({**mode, **_block(at, mode=Scalar("local", at))}, at)
    dag = Table(_block(at, id=Scalar("dag", at)), at)
    number = Scalar(str(VERSION), at)
    blocks = {**_block(at, version=number, dag=dag, execute=execute), "render": render}
    report = Report()
    loaded = _loaded(document, replace(root, entries=blocks), environment, report)
    return None if report.failed else loaded


def _block(at: Span, **values: Tree) -> dict[str, Entry]:
    """Return the entries of a mapping that nobody wrote, all at one place."""
    return {name: Entry(Scalar(name, at), value) for name, value in values.items()}


def _loaded(
    document: SpecDocument, root: Table, environment: str | None, report: Report
) -> LoadedSpec | None:
    """Return the spec that the merged tree `root` is, or None where it is none."""
    substitution = Interpolation(document.variables, document.texts, report)
    aside = {name for name in root.entries if name.startswith("x-")}
    root = substitution.table(root, frozenset(aside | {"environments", "extends"}))
    places = Places(root, document.texts)
    places = as_wanted(places) if substitution.read else places
    places = as_renewed(places) if document.renewed else places
    check_secrets(places, report)
    check_profile(places, report)
    decoded = Report(ignores=report.ignores)
    spec = decode(places, decoded)
    # What a missing variable or alias would have given cannot be judged.
    suspects = document.suspects | substitution.failed
    for found in decoded.found:
        if not any(_overlap(found.span, suspect) for suspect in suspects):
            report.add(found)
    if spec is None:
        return None
    check_spec(spec, places, report)
    read = tuple(sorted(substitution.read | document.variables_read))
    return LoadedSpec(document.path, spec, environment, places, read)


def _overlap(one: Span, other: Span) -> bool:
    return one.file == other.file and one.start < other.end and other.start < one.end


def _environments(document: SpecDocument) -> Table | None:
    entry = document.root.entries.get("environments")
    return entry.value if entry is not None and isinstance(entry.value, Table) else None


def _chosen(document: SpecDocument, environment: str | None, report: Report) -> Table | None:
    """Return the tree with the environment laid over it; None where there is no such one."""
    if environment is None:
        return document.root
    names = environment_names(document)
    if environment not in names:
        entry = document.root.entries.get("environments")
        at = Span(document.path, 0, 0) if entry is None else entry.key.span
        known = f"environments are: {', '.join(names)}" if names else "the spec has none"
        hint = near_miss(environment, names) or known
        report.add(UNKNOWN_ENVIRONMENT.at(at, name=environment, hint=hint))
        return None
    table = _environments(document)
    chosen = None if table is None else table.entries[environment]
    if chosen is None or not isinstance(chosen.value, Table):
        return document.root  # What it is instead is reported where the whole is decoded.
    note = Note(chosen.key.span, f"in environment `{environment}`")
    return overlay_environment(document.root, chosen.value, note)
