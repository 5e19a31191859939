"""The house keeps its own rules: sizes, tables that agree, one code a rule, one-way imports."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dagwright.catalog import RULES
from dagwright.diagnostics.formats import FORMATS
from dagwright.doctor import RUNTIMES
from dagwright.drift.rules import RULES as DRIFT_RULES
from dagwright.emit.artifact import SUFFIXES
from dagwright.ir.build import VERBS
from dagwright.ir.graph import Verb
from dagwright.passes.gate_readers import GATES
from dagwright.passes.group_tasks import GROUPINGS
from dagwright.passes.name_tasks import ROLES
from dagwright.passes.place_tests import PLACES
from dagwright.plan.commands import COMMANDS, WORDS
from dagwright.plan.modes import MODES
from dagwright.plan.settings import POLICY_OF
from dagwright.select.commands import COMMANDS as SELECT_COMMANDS
from dagwright.spec.model import MODES as MODE_MODELS

ROOT = Path(__file__).parent.parent
CODE = ROOT / "compiler"
SCHEMAS = ROOT / "schemas"
DATA = {"zone_names.py"}
"""Tables of data, which may be as long as they are."""


def modules() -> Iterator[Path]:
    return (path for path in sorted(CODE.rglob("*.py")) if path.name not in DATA)


def functions() -> Iterator[tuple[str, int]]:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{path.relative_to(CODE)}:{node.name}", length


def test_functions_are_short() -> None:
    assert [name for name, length in functions() if length > 60] == []


def test_modules_are_short() -> None:
    rules = [path for path in modules() if path.name == "rules.py"]
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in modules()}
    long = [path for path, length in lengths.items() if length > 400 and path not in rules]
    assert long == []


def test_codes_and_names_of_rules_are_unique() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert set(DRIFT_RULES) <= set(RULES)


def declared_rules() -> Iterator[str]:
    for path in modules():
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r'\bcode="(DW\d+)"', text)


def test_every_declared_rule_is_in_the_catalog() -> None:
    assert sorted(declared_rules()) == [rule.code for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_has_a_page(rule) -> None:
    assert re.fullmatch(r"DW\d{3}", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert "## Example" in rule.explain
    assert "## Use instead" in rule.explain


def test_every_rule_is_raised_somewhere() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in modules())
    names = re.findall(r"^(\w+): Final = Rule\(", text, re.MULTILINE)
    assert len(names) == len(RULES)
    assert [name for name in names if len(re.findall(rf"\b{name}\b", text)) < 3] == []


def enum(*route: str) -> set[str]:
    """Return the words that the spec's JSON Schema allows at a property of a definition."""
    schema = json.loads((SCHEMAS / "spec-1.json").read_text(encoding="utf-8"))
    definition, key = route
    return set(words(schema["definitions"][definition]["properties"][key]))


def words(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the constants that any branch of a schema allows."""
    if "const" in schema:
        yield schema["const"]
    for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from words(branch)


def test_tables_agree_with_the_language() -> None:
    assert set(PLACES) == set(GATES) == enum("Render", "tests")
    assert set(MODES) == set(MODE_MODELS)
    assert set(MODES) - {"watcher"} == set(RUNTIMES)
    assert enum("Local", "mode") <= set(MODES)


def test_tables_have_a_row_for_every_verb() -> None:
    assert set(WORDS) | {Verb.SHOW} == set(Verb)
    assert set(COMMANDS) == set(WORDS)
    assert set(POLICY_OF) == set(Verb) == set(ROLES)
    assert set(COMMANDS.values()) <= set(SELECT_COMMANDS)


def test_every_type_that_dbt_builds_has_a_verb_or_does_nothing() -> None:
    builds_nothing = {"exposure", "saved_query"}
    assert SELECT_COMMANDS["build"].types | {"source"} == set(VERBS) | builds_nothing


def test_names_of_artifacts_tell_kinds_apart() -> None:
    one, other = SUFFIXES.values()
    assert not one.endswith(other)
    assert not other.endswith(one)
    assert set(GROUPINGS) == {"none", "folder", "resource_type", "package", "tag"}
    assert list(FORMATS) == ["text", "concise", "json", "sarif", "github"]
