"""Findings for programs: one a line, JSON, SARIF 2.1.0, and GitHub's annotations.

Lines and columns count from 1, columns in Unicode code points; an end is the column after the
last character. None of the formats holds source text, and so no secret; but for a `fix`, which is
what `dagwright validate --fix` would write at the finding's place.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from dagwright.diagnostics.model import Diagnostic, Rule
from dagwright.diagnostics.sources import Place, Sources
from dagwright.diagnostics.summary import summary

JSON_FORMAT: Final = "1.1"
"""Raised in its second part when keys are added, in its first when one changes its meaning."""


SARIF_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render_concise(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str]) -> str:
    """Return one line a finding: `path:line:column: CODE message`."""
    sources = Sources(texts, diagnostics)
    lines = [
        f"{sources.place(found.span)}: {found.rule.code} {' '.join(found.message.splitlines())}"
        for found in diagnostics
    ]
    return "".join(f"{line}\n" for line in lines)


def render_json(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str]) -> str:
    """Return one JSON object with every finding, and how many there are."""
    sources = Sources(texts, diagnostics)
    errors = sum(found.rule.severity == "error" for found in diagnostics)
    return _json(
        {
            "format_version": JSON_FORMAT,
            "valid": errors == 0,
            "error_count": errors,
            "warning_count": len(diagnostics) - errors,
            "diagnostics": [_json_finding(found, sources) for found in diagnostics],
        }
    )


def _json_finding(found: Diagnostic, sources: Sources) -> dict[str, Any]:
    return {
        "code": found.rule.code,
        "name": found.rule.name,
        "severity": found.rule.severity,
        "message": found.message,
        "help": found.help,
        "fix": sources.fix(found),
        **_json_place(sources.place(found.span)),
        "related": [
            {"message": note.text, **_json_place(sources.place(note.span))} for note in found.notes
        ],
    }


def _json_place(place: Place) -> dict[str, Any]:
    return {
        "file": place.file,
        "start": {"line": place.start.line, "column": place.start.column},
        "end": {"line": place.end.line, "column": place.end.column},
    }


def render_sarif(
    diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], *, version: str = "0"
) -> str:
    """Return a SARIF 2.1.0 log with one run, as code scanning services read it."""
    from hashlib import sha256  # noqa: PLC0415 - slow to import, and only SARIF needs it

    sources = Sources(texts, diagnostics)
    rules = sorted({found.rule.code: found.rule for found in diagnostics}.items())
    numbers = {code: number for number, (code, _) in enumerate(rules)}
    repeated: Counter[str] = Counter()
    results = []
    for found in diagnostics:
        identity = f"{found.rule.code}\n{found.span.file}\n{found.message}"
        repeated[identity] += 1
        print_ = sha256(f"{identity}\n{repeated[identity]}".encode()).hexdigest()
        results.append(_sarif_result(found, sources, numbers[found.rule.code], print_))
    return _json(
        {
            "$schema": SARIF_SCHEMA,
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {
                        "driver": {
                            "name": "dagwright",
                            "version": version,
                            "rules": [_sarif_rule(rule) for _, rule in rules],
                        }
                    },
                    "columnKind": "unicodeCodePoints",
                    "results": results,
                }
            ],
        }
    )


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    page = "\n".join(line.removeprefix("    ") for line in rule.explain.strip().splitlines())
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.name.replace("-", " ")},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": rule.severity},
    }


def _sarif_result(
    found: Diagnostic, sources: Sources, rule: int, fingerprint: str
) -> dict[str, Any]:
    text = f"{found.message}: {found.help}" if found.help else found.message
    related = [
        {"id": number, "message": {"text": note.text}, **_sarif_place(sources.place(note.span))}
        for number, note in enumerate(found.notes)
    ]
    place, fix = _sarif_place(sources.place(found.span)), sources.fix(found)
    return {
        "ruleId": found.rule.code,
        "ruleIndex": rule,
        "level": found.rule.severity,
        "message": {"text": text},
        "locations": [place],
        "partialFingerprints": {"dagwright/v1": fingerprint},
        **({"relatedLocations": related} if related else {}),
        **({} if fix is None else {"fixes": [_sarif_fix(place["physicalLocation"], fix)]}),
    }


def _sarif_fix(place: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return the change that puts `text` in a place of a file."""
    replaced = {"deletedRegion": place["region"], "insertedContent": {"text": text}}
    change = {"artifactLocation": place["artifactLocation"], "replacements": [replaced]}
    return {"artifactChanges": [change]}


def _sarif_place(place: Place) -> dict[str, Any]:
    if PurePosixPath(place.file).is_absolute():
        location = {"uri": f"file://{_quoted(place.file)}"}
    else:
        location = {"uri": _quoted(place.file), "uriBaseId": "%SRCROOT%"}
    return {
        "physicalLocation": {
            "artifactLocation": location,
            "region": {
                "startLine": place.start.line,
                "startColumn": place.start.column,
                "endLine": place.end.line,
                "endColumn": place.end.column,
            },
        }
    }


def render_github(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str]) -> str:
    """Return GitHub's workflow commands, one an annotation, and a line that counts them.

    GitHub shows ten annotations of a kind for each step; the log has all of them.
    """
    sources = Sources(texts, diagnostics)
    lines = [_github_line(found, sources.place(found.span)) for found in diagnostics]
    return "\n".join([*lines, summary(diagnostics)]) + "\n"


def _github_line(found: Diagnostic, place: Place) -> str:
    properties = {
        "file": place.file,
        "line": place.start.line,
        "endLine": place.end.line,
        "col": place.start.column,
        "endColumn": place.end.column,
        "title": f"{found.rule.code} {found.rule.name}",
    }
    said = ",".join(f"{key}={_github_property(str(value))}" for key, value in properties.items())
    text = f"{found.message}\n{found.help}" if found.help else found.message
    return f"::{found.rule.severity} {said}::{_github_text(text)}"


def _github_text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _github_property(text: str) -> str:
    return _github_text(text).replace(":", "%3A").replace(",", "%2C")


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _quoted(path: str) -> str:
    """Return `path` as part of a URI; bytes of a name that are no text stay these bytes."""
    return quote(path, errors="surrogateescape")
