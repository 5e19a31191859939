"""The one line that says how many findings there are."""

from __future__ import annotations

from collections.abc import Sequence

from dagwright.diagnostics.model import Diagnostic


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the line that counts the findings.

    Example:
        >>> summary([])
        'No findings'
    """
    if not diagnostics:
        return "No findings"
    errors = sum(found.rule.severity == "error" for found in diagnostics)
    counts = [(errors, "error"), (len(diagnostics) - errors, "warning")]
    said = ", ".join(_count(number, word) for number, word in counts if number)
    files = len({found.span.file for found in diagnostics})
    fixable = sum(found.instead is not None for found in diagnostics)
    fix = f" (`dagwright validate --fix` mends {fixable})" if fixable else ""
    return f"Found {said} in {_count(files, 'file')}{fix}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
