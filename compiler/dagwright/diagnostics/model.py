"""A rule as data, a diagnostic at a place, and the report that collects them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from dagwright.span import Span

Severity = Literal["error", "warning"]


class CompilerBug(Exception):  # noqa: N818 - it is no error of the user's
    """A broken promise between stages: never the user's fault, and never shown as if it were."""


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A second place that helps to understand a complaint, and what to say about it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of complaint. `code` never changes once released; `name` reads as "allow NAME".

    `message` and `help` are `str.format` templates that every use fills in with the same names;
    `explain` is the Markdown page that `dagwright explain CODE` prints.
    """

    code: str
    name: str
    severity: Severity
    message: str
    help: str
    explain: str
    ignorable: bool = False
    """Whether a comment may hide it though it is an error; warnings can always be hidden."""
    secret: bool = False
    """Whether the text at its span is a secret, which no renderer may print."""

    def at(
        self,
        span: Span,
        /,
        *,
        notes: tuple[Note, ...] = (),
        instead: str | None = None,
        **values: object,
    ) -> Diagnostic:
        """Return this complaint about the text at `span`, its sentence filled in."""
        message, advice = self.message.format(**values), self.help.format(**values)
        return Diagnostic(self, span, message, advice, notes, instead)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One complaint at one place, ready to be sorted and rendered.

    A complaint about a whole file (it is missing, or not text) has the empty span at its start.
    `instead` is the text that belongs at `span`, where there is no doubt about it.
    """

    rule: Rule
    span: Span
    message: str
    help: str = ""
    notes: tuple[Note, ...] = ()
    instead: str | None = None


@dataclass(slots=True)
class Ignore:
    """One code of a comment `# dagwright: ignore[CODE]`: it hides findings that begin in `covers`.

    `used` says whether it has hidden one.
    """

    span: Span
    code: str
    covers: Span
    used: bool = False

    def hides(self, diagnostic: Diagnostic) -> bool:
        """Return whether `diagnostic` is one that the comment is about."""
        place = diagnostic.span
        return (
            self.code in {diagnostic.rule.code, diagnostic.rule.name}
            and self.covers.file == place.file
            and self.covers.start <= place.start <= self.covers.end
        )


@dataclass(slots=True)
class Report:
    """Diagnostics in the order they were found; `sorted` gives them by place, each once.

    `ignores` are the comments that hide diagnostics found from then on.
    """

    found: list[Diagnostic] = field(default_factory=list)
    ignores: list[Ignore] = field(default_factory=list)

    def add(self, diagnostic: Diagnostic) -> None:
        """Record one diagnostic, unless a comment hides it; never raises, never prints."""
        rule = diagnostic.rule
        hidden = False
        for ignore in self.ignores:
            if ignore.hides(diagnostic):
                ignore.used = hidden = True
        if not hidden or not (rule.ignorable or rule.severity == "warning"):
            self.found.append(diagnostic)

    @property
    def failed(self) -> bool:
        """Whether any diagnostic is an error, so that nothing may be emitted."""
        return any(found.rule.severity == "error" for found in self.found)

    def sorted(self) -> list[Diagnostic]:
        """Return the diagnostics by file, place and code, without repetitions.

        A warning about the very characters that an error is about says nothing more. Of equal
        ones, found in several environments, one that knows what belongs there is kept.
        """
        knowing = sorted(self.found, key=lambda d: d.instead is not None)
        unique = {(d.span, d.rule.code, d.message): d for d in knowing}
        wrong = {d.span for d in self.found if d.rule.severity == "error"}
        return [
            unique[key]
            for key in sorted(unique)
            if unique[key].rule.severity == "error" or key[0] not in wrong
        ]
