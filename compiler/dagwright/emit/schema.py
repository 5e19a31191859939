"""The JSON Schema of artifacts, and what is wrong with a document by it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

NAME: Final = "artifact-1.json"


def artifact_schema() -> Mapping[str, Any]:
    """Return the schema of format 1: from the wheel, or from the checkout this module lies in."""
    packed = files("dagwright").joinpath("schemas", NAME)
    checkout = Path(__file__).parents[3] / "schemas" / NAME
    text = packed.read_text("utf-8") if packed.is_file() else checkout.read_text("utf-8")
    schema: Mapping[str, Any] = json.loads(text)
    return schema


def artifact_fault(document: object) -> str | None:
    """Return the first thing that keeps `document` from being an artifact; None for nothing."""
    # Imported here, since only an artifact of another version is asked about.
    from jsonschema import Draft7Validator  # noqa: PLC0415
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    error = best_match(Draft7Validator(artifact_schema()).iter_errors(document))
    if error is None:
        return None
    where = ".".join(map(str, error.absolute_path))
    sentence = error.message if len(error.message) <= 200 else f"{error.message[:200]}..."
    return f"{where}: {sentence}" if where else sentence
