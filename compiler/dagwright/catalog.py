"""Every rule of every stage, by code. Codes and names are unique, which a test checks."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule
from dagwright.drift import rules as drift
from dagwright.ir import rules as ir
from dagwright.plan import rules as plan
from dagwright.project import rules as project
from dagwright.select import rules as select
from dagwright.spec import rules as spec
from dagwright.text import rules as text
from dagwright.upgrade import rules as upgrade

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted(
        (
            *(*text.RULES, *spec.RULES, *project.RULES, *select.RULES),
            *(*ir.RULES, *plan.RULES, *drift.RULES, *upgrade.RULES),
        ),
        key=lambda rule: rule.code,
    )
)
