"""Specs to the same specs in the newest words, if they still mean the same."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dagwright.diagnostics import Report
from dagwright.files import Drafts, Files
from dagwright.mend import Fixed, fix
from dagwright.spec import SpecDocument, read_spec, resolve, variants
from dagwright.spec.identity import check_unique_ids
from dagwright.spec.old_words import is_renewal
from dagwright.spec.versions import MIGRATIONS, Migration
from dagwright.upgrade.meaning import Meaning, changes, meaning


@dataclass(frozen=True, slots=True)
class Upgrading:
    """What is upgraded: the specs named, and the files that these extend.

    `others` names the specs that may extend the same files, and so must mean the same too.
    """

    specs: Sequence[str]
    variables: Mapping[str, str]
    others: Callable[[], Iterable[str]] = tuple
    migrations: Sequence[Migration] = MIGRATIONS

    def upgraded(self, files: Files) -> Fixed:
        """Return the files in the newest words, as drafts, and what is still found in them.

        Where one spec would not mean the same, there are no drafts, and the report says why.
        """
        fixed = fix(files, self.check, is_renewal)
        report = Report()
        for path in self._readers_of(frozenset(fixed.drafts.texts), files):
            for found in changes(self._meaning(files, path), self._meaning(fixed.drafts, path)):
                report.add(found)
        return Fixed(Drafts(files), (), report) if report.failed else fixed

    def check(self, files: Files) -> Report:
        """Return what is found in the specs, words of older versions included."""
        report, loaded = Report(), []
        for path in self.specs:
            if (document := self._read(files, path, report)) is None:
                continue
            for found in document.outdated:
                report.add(found)
            first, *_ = [resolve(document, name, report) for name in variants(document)]
            loaded += [first] if first is not None else []
        check_unique_ids(loaded, report)
        return report

    def _readers_of(self, changed: frozenset[str], files: Files) -> list[str]:
        """Return the specs, named or not, that read one of the files `changed`."""
        if not changed:
            return []
        others = self.others() if changed - set(self.specs) else ()
        paths = dict.fromkeys(map(posixpath.normpath, (*self.specs, *others)))
        documents = ((path, self._read(files, path, Report())) for path in paths)
        return [path for path, one in documents if one is not None and changed & one.texts.keys()]

    def _meaning(self, files: Files, path: str) -> Meaning:
        report = Report()
        return meaning(files, path, self._read(files, path, report), report)

    def _read(self, files: Files, path: str, report: Report) -> SpecDocument | None:
        return read_spec(files, path, self.variables, report, self.migrations)
