"""What the compiler says when it is unhappy: rules, diagnostics and the report.

A *rule* is a kind of complaint, declared once beside the stage that raises it. A *diagnostic* is
a rule at a place. A *report* collects diagnostics; stages add to it and carry on, so that one run
shows every mistake.
"""

from dagwright.diagnostics.model import (
    CompilerBug,
    Diagnostic,
    Ignore,
    Note,
    Report,
    Rule,
    Severity,
)

__all__ = ["CompilerBug", "Diagnostic", "Ignore", "Note", "Report", "Rule", "Severity"]
