"""Say what is wrong with a file that should have been a manifest and could not be decoded."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from dagwright.diagnostics import Diagnostic
from dagwright.project import rules
from dagwright.span import Span

_SCHEMA: Final = re.compile(r"schemas\.getdbt\.com/dbt/([\w-]+)/v(\d+)")
_BYTE: Final = re.compile(r"\s*\(byte (\d+)\)")
_PLACE: Final = re.compile(r" - at `(.*)`$")
_WRITTEN_BY: Final = ((12, "1.8 and newer"), (11, "1.7"), (10, "1.6"), (9, "1.5"), (8, "1.4"))


class _Header(msgspec.Struct):
    metadata: Any = None


def complaint_about(
    data: bytes, path: str, at: Span, error: BaseException | None = None
) -> Diagnostic:
    """Return the one complaint that says best why `data` is no manifest that we read.

    `error` is what decoding raised, or None where the file decoded and only its schema version
    is not ours.
    """
    if not data.strip():
        return rules.MANIFEST_EMPTY.at(at, path=path, size=len(data))
    try:
        header = msgspec.json.decode(data, type=_Header)
    except msgspec.ValidationError:
        return rules.NOT_A_MANIFEST.at(at, path=path, what="holds no JSON object")
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as fault:
        return _not_json(data, path, at, fault)

    return _not_ours(header, path, at) or _bad_shape(path, at, error)


def _not_ours(header: _Header, path: str, at: Span) -> Diagnostic | None:
    """Return a complaint unless `header` says that the file is a manifest of our schema."""
    metadata = header.metadata
    schema = metadata.get("dbt_schema_version") if isinstance(metadata, dict) else None
    found = _SCHEMA.search(schema) if isinstance(schema, str) else None
    if found is None:
        what = "has no `metadata.dbt_schema_version`, which every dbt artifact has"
        return rules.NOT_A_MANIFEST.at(at, path=path, what=what)
    kind, version = found[1], int(found[2])
    if kind != "manifest":
        what = f"is dbt's {kind}.json, not its manifest"
        return rules.NOT_A_MANIFEST.at(at, path=path, what=what)
    return None if version == rules.SCHEMA_VERSION else _other_schema(path, at, version)


def _not_json(data: bytes, path: str, at: Span, fault: BaseException) -> Diagnostic:
    sentence = str(fault)
    if "truncated" in sentence:
        why = "the file ends in the middle of a value, as after an interrupted copy"
        return rules.MANIFEST_NOT_JSON.at(at, path=path, offset=len(data), why=why)
    byte = _BYTE.search(sentence)
    why = _BYTE.sub("", sentence).strip() or type(fault).__name__
    offset = int(byte[1]) if byte else _first_bad_byte(data)
    return rules.MANIFEST_NOT_JSON.at(at, path=path, offset=offset, why=why)


def _first_bad_byte(data: bytes) -> int:
    """Return where `data` stops being UTF-8; its size where it never does."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(data)


def _other_schema(path: str, at: Span, version: int) -> Diagnostic:
    writers = dict(_WRITTEN_BY)
    dbt = f"dbt {writers[version]}" if version in writers else "another dbt"
    rule = rules.MANIFEST_TOO_OLD if version < rules.SCHEMA_VERSION else rules.MANIFEST_TOO_NEW
    return rule.at(at, path=path, version=version, dbt=dbt, wanted=rules.SCHEMA_VERSION)


def _bad_shape(path: str, at: Span, error: BaseException | None) -> Diagnostic:
    sentence = str(error)
    place = _PLACE.search(sentence)
    return rules.MANIFEST_SHAPE.at(
        at,
        path=path,
        place=place[1] if place else "$",
        why=_PLACE.sub("", sentence) if error else "it cannot be read",
    )
