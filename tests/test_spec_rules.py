"""Every rule of the front end has a page, and the page tells the truth."""

from __future__ import annotations

import re
import textwrap

import pytest

from dagwright.diagnostics import Rule
from dagwright.spec.async_rules import RULES as ASYNC_RULES
from dagwright.spec.container_rules import RULES as CONTAINER_RULES
from dagwright.spec.option_rules import RULES as OPTION_RULES
from dagwright.spec.profile_rules import RULES as PROFILE_RULES
from dagwright.spec.rules import RULES as SPEC_RULES
from dagwright.spec.virtualenv_rules import RULES as VIRTUALENV_RULES
from dagwright.text.rules import RULES as TEXT_RULES
from spec_cases import SPEC, findings, whole

RULES = (
    *TEXT_RULES,
    *SPEC_RULES,
    *OPTION_RULES,
    *ASYNC_RULES,
    *CONTAINER_RULES,
    *VIRTUALENV_RULES,
    *PROFILE_RULES,
)
_EXAMPLE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
_UNSHOWN = {"DW021", "DW022"}
"""Found by `check_ignores`, after all stages: see test_text_ignores.py."""


def examples(rule: Rule, heading: str) -> list[str]:
    page = textwrap.dedent(rule.explain)
    _, _, below = page.partition(f"## {heading}\n")
    return _EXAMPLE.findall(below.partition("\n## ")[0])


def codes(example: str) -> set[str]:
    base = whole("") if "extends: dag.yaml" in example else ""
    found = findings({SPEC: whole(example), "dag.yaml": base}, {})
    return {one.rule.code for one in found}


def by_code(rule: Rule) -> str:
    return rule.code


@pytest.mark.parametrize("rule", RULES, ids=by_code)
def test_page_has_both_headings(rule: Rule) -> None:
    page = textwrap.dedent(rule.explain)
    assert page.index("## Example\n") < page.index("## Use instead\n")
    assert not page.startswith("#")


@pytest.mark.parametrize(
    "rule", [r for r in RULES if examples(r, "Example") and r.code not in _UNSHOWN], ids=by_code
)
def test_bad_example_is_found(rule: Rule) -> None:
    for example in examples(rule, "Example"):
        assert codes(example) == {rule.code}


@pytest.mark.parametrize("rule", [r for r in RULES if examples(r, "Use instead")], ids=by_code)
def test_good_example_is_clean(rule: Rule) -> None:
    for example in examples(rule, "Use instead"):
        assert codes(example) == set()


def test_codes_and_names_are_unique() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=by_code)
def test_sentence_is_in_form(rule: Rule) -> None:
    assert re.fullmatch(r"DW\d{3}", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert not rule.message.endswith(".")
    assert not rule.help.endswith(".")
