"""Random selections on a project: mostly sensible, often odd, sometimes refused.

Everything is drawn from one seeded generator, so that a number names a request for good. Words
come from the manifest, and are then cut, joined, starred and misspelled.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

MODES = ("eager", "cautious", "buildable", "empty")
COMMANDS = ("ls",) * 6 + ("build", "build", "test", "test", "run", "seed", "snapshot", "compile")
TYPES = ("model", "seed", "snapshot", "test", "unit_test", "source", "exposure", "metric")
MAPS = ("nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries")
MAPS += ("unit_tests", "functions")


class Vocabulary:
    """The words of one manifest, by the method that they belong to."""

    def __init__(self, manifest: Path) -> None:
        document = json.loads(manifest.read_text(encoding="utf-8"))
        found = [one for name in MAPS for one in document.get(name, {}).values()]
        paths = {one["original_file_path"] for one in found}
        folders = {above for path in paths for above in _above(path)}
        fqns = [part for one in found for part in _fqns(one["fqn"])]
        tags = {
            tag for one in found for tag in _as_list(one.get("tags") or one["config"].get("tags"))
        }
        sources = [one for one in found if one["resource_type"] == "source"]
        self.methods: dict[str, list[str]] = {
            "fqn": sorted({*fqns, *(one["name"] for one in found)}),
            "path": sorted(paths | folders),
            "file": sorted(
                {Path(path).name for path in paths} | {Path(path).stem for path in paths}
            ),
            "tag": sorted(tags),
            "source": sorted(
                {one["source_name"] for one in sources}
                | {f"{one['source_name']}.{one['name']}" for one in sources}
                | {f"{one['package_name']}.{one['source_name']}.*" for one in sources}
            ),
            "package": sorted({one["package_name"] for one in found} | {"this"}),
            "resource_type": sorted({one["resource_type"] for one in found}),
            "group": ["finance", "people"],
            "access": ["public", "private", "protected"],
            "version": ["latest", "old", "prerelease", "none"],
            "test_name": ["not_null", "unique", "relationships", "same_count", "root_is_one"],
            "test_type": ["generic", "singular", "unit", "data", "schema", "at", ""],
            **{name: _named(found, name) for name in ("exposure", "metric", "semantic_model")},
            **{name: _named(found, name) for name in ("saved_query", "unit_test")},
        }
        self.config = (
            *("materialized:view", "materialized:table", "severity:WARN", "severity:error"),
            *("meta.tier:1", "meta.owner.team:sales", "meta.regions:us", "meta.pii:True"),
            *("tags:nightly", "enabled:true", "store_failures:true", "contract.enforced:false"),
            *("meta.items:none", "meta:x", "unique_key:id", "meta.regions:3", "docs.show:TRUE"),
        )


class Requests:
    """An endless supply of requests, each with a number; the same number, the same request."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._words = vocabulary

    def request(self, number: int) -> dict[str, Any]:
        """Return request `number`, as the oracle and `Request` take it."""
        random = Random(number)  # noqa: S311 - a test, no secret
        draw = _Draw(random, self._words)
        by_name = random.random() < 0.4
        selectors = draw.selectors() if by_name or random.random() < 0.1 else []
        command = random.choice(COMMANDS)
        typed = command in {"ls", "build", "test"} and random.random() < 0.25
        return {
            "select": [] if by_name or random.random() < 0.1 else draw.arguments(),
            "exclude": draw.arguments() if random.random() < 0.3 else [],
            "selector": random.choice(selectors)["name"] if by_name else None,
            "selectors": selectors,
            "indirect_selection": random.choice(MODES),
            "command": command,
            "resource_types": random.sample((*TYPES, "all", "default"), 2) if typed else [],
            "exclude_resource_types": random.sample(TYPES, 1) if typed else [],
        }


class _Draw:
    """One request in the making."""

    def __init__(self, random: Random, words: Vocabulary) -> None:
        self.random = random
        self.words = words
        self.names: list[str] = []

    def arguments(self) -> list[str]:
        return [self._argument() for _ in range(self.random.choice((1, 1, 1, 2, 3)))]

    def _argument(self) -> str:
        terms = [self._term() for _ in range(self.random.choice((1, 1, 1, 2, 3)))]
        return self.random.choice((" ",) * 12 + ("  ",)).join(terms)

    def _term(self) -> str:
        atoms = [self.atom() for _ in range(self.random.choice((1, 1, 1, 2, 3)))]
        return ",".join(atoms) + ("," if self.random.random() < 0.02 else "")

    def atom(self) -> str:
        random = self.random
        before = random.choice(("",) * 6 + ("+", "+", "1+", "2+", "0+", "@", "@1+"))
        after = random.choice(("",) * 6 + ("+", "+", "+1", "+2", "+0"))
        if "@" in before and random.random() < 0.95:
            after = ""  # dbt refuses both.
        if random.random() < 0.12:
            return f"{before}config.{random.choice(self.words.config)}{after}"
        method, value = self._question()
        if method in {"fqn", "path", "file"} and random.random() < 0.6:
            return f"{before}{value}{after}"
        argument = ".x" if random.random() < 0.03 else ""
        return f"{before}{method}{argument}:{value}{after}"

    def _question(self) -> tuple[str, str]:
        random = self.random
        common = random.choice(("fqn", "fqn", "fqn", "path", "tag", "source", "file", None))
        method = common or random.choice(sorted(self.words.methods))
        if random.random() < 0.004:
            return random.choice(("state", "result", "owner", "TAG", "function")), "modified"
        value = random.choice(self.words.methods[method])
        if random.random() < 0.35:
            value = self._bent(value)
        return method, value.replace(" ", "?").replace(",", "?")

    def _bent(self, value: str) -> str:
        """Return `value` with a wildcard in it, or with a piece missing, or misspelled."""
        random = self.random
        if not value:
            return value
        place, end = sorted(random.choices(range(len(value) + 1), k=2))
        star = "*" if "**" not in value else ""
        bent = random.choice(
            (
                value[:place] + star + value[end:],
                star + value[place:],
                value[:place] + star,
                value[:place] + "?" + value[place + 1 :],
                value[:place] + f"[{value[place : place + 1] or 'x'}]" + value[place + 1 :],
                value[:end],
                value[place:],
                value.upper(),
                f"{value}.",
                "**/" + value,
            )
        )
        # Pythons differ in what `**` inside a word, "." and a final slash mean to a glob.
        lone = bent.strip("./") and not bent.endswith("/") and not bent.startswith("/")
        return bent if lone and "**" not in bent.replace("**/", "") else value

    def selectors(self) -> list[dict[str, Any]]:
        """Return a selectors.yml of a few entries."""
        entries = []
        for name in ("alpha", "beta", "gamma")[: self.random.choice((1, 2, 3))]:
            entries.append({"name": name, "definition": self.definition(2, root=True)})
            self.names.append(name)
        if self.random.random() < 0.2:
            entries[0]["default"] = True
        return entries

    def definition(self, depth: int, *, root: bool = False) -> Any:
        random = self.random
        if depth and random.random() < 0.5:
            operation = random.choice(("union", "union", "intersection"))
            members = [self.definition(depth - 1) for _ in range(random.choice((1, 2, 2, 3)))]
            excluding = [one for one in members if isinstance(one, dict) and "exclude" in one]
            for one in excluding[1:] if random.random() < 0.95 else ():
                del one["exclude"]  # dbt refuses a second one.
            if not excluding and random.random() < 0.4:
                members.append({"exclude": self._exclusions(depth)})
            definition: dict[str, Any] = {operation: members}
            if not root and random.random() < 0.05:
                definition["exclude"] = self._exclusions(depth)
            return definition
        if random.random() < 0.3:
            return self.atom()
        if self.names and random.random() < 0.2:
            return self._reference()
        method, value = self._question()
        if random.random() < 0.3:
            return {method: value}
        return self._full(method, value, depth)

    def _reference(self) -> dict[str, Any]:
        definition: dict[str, Any] = {
            "method": "selector",
            "value": self.random.choice(self.names),
        }
        if self.random.random() < 0.4:
            definition["children"] = True
        return definition

    def _full(self, method: str, value: Any, depth: int) -> dict[str, Any]:
        random = self.random
        if random.random() < 0.15:
            method = "config.meta." + random.choice(("tier", "pii", "regions"))
            value = random.choice((1, 2, "1", True, False, "eu", 3))
        definition = {"method": method, "value": value}
        choices: dict[str, tuple[Any, ...]] = {
            "parents": (True, True, False, "false"),
            "parents_depth": (0, 1, "2", "0"),
            "children": (True, True, False, "no"),
            "children_depth": (0, 1, "1", 2),
            "indirect_selection": MODES,
        }
        for key, values in choices.items():
            if random.random() < 0.25:
                definition[key] = random.choice(values)
        if "children" not in definition and random.random() < 0.1:
            definition["childrens_parents"] = True
        if random.random() < 0.2:
            definition["exclude"] = self._exclusions(depth)
        return definition

    def _exclusions(self, depth: int) -> list[Any]:
        count = self.random.choice((0, 1, 1, 1, 2))
        return [self.definition(max(0, depth - 1)) for _ in range(count)]


def _above(path: str) -> list[str]:
    return [str(above) for above in Path(path).parents if str(above) != "."]


def _fqns(fqn: list[str]) -> list[str]:
    """Return the whole, each folder, and what is left without the package."""
    return [".".join(fqn[start:end]) for start in (0, 1) for end in range(start + 1, len(fqn) + 1)]


def _as_list(tags: Any) -> list[str]:
    return [tags] if isinstance(tags, str) else tags or []


def _named(found: list[dict[str, Any]], resource_type: str) -> list[str]:
    named = [one for one in found if one["resource_type"] == resource_type]
    return sorted(
        {one["name"] for one in named} | {f"{one['package_name']}.{one['name']}" for one in named}
    )
