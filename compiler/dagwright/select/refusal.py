"""A selector that dbt would refuse, and that is therefore refused here.

`Refused` never leaves `dagwright.select`: `request.select_nodes` turns it into a diagnostic.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dagwright.diagnostics import Diagnostic, Rule
from dagwright.select import rules
from dagwright.select.nearest import did_you_mean
from dagwright.select.spec import Criterion, Place
from dagwright.span import Span


class Refused(Exception):  # noqa: N818 - it is the selector that is wrong
    """Stop reading or evaluating one criterion; others go on, so that all are reported."""

    def __init__(self, rule: Rule, place: Place, /, **values: Any) -> None:
        """Keep what a diagnostic needs, and is not known here: the span of `place`."""
        super().__init__(rule.code)
        self.rule = rule
        self.place = place
        self.values = values

    def at(self, span: Span) -> Diagnostic:
        """Return the complaint, told about `span`, where `place` was found to be."""
        return self.rule.at(span, **self.values)


def value_refused(criterion: Criterion, why: str, known: Iterable[str] = ()) -> Refused:
    """Return the refusal of `criterion`'s value; `known` are words it may have been meant for."""
    return Refused(
        rules.SELECTOR_VALUE,
        criterion.value_place,
        method=criterion.method,
        value=criterion.value,
        why=why,
        near=did_you_mean(str(criterion.value), known),
    )
