"""What Docker says of a container that did not start, or ended badly, in words that help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_NO_IMAGE: Final = "the image is not there, and could not be fetched"

REFUSALS: Final[tuple[tuple[str, str], ...]] = (
    ("bind source path does not exist", "a folder of `volumes` is not on the daemon's machine"),
    ("invalid mount", "a row of `volumes` cannot be mounted"),
    ("executable file not found", "the entrypoint is no program of the image"),
    ("No such image", _NO_IMAGE),
    ("pull access denied", _NO_IMAGE),
    ("manifest unknown", _NO_IMAGE),
    ("dial tcp", _NO_IMAGE),
    ("/v2/", _NO_IMAGE),
)
"""What the daemon says when it refuses, and what that comes to; the first row that fits."""

ENDINGS: Final[Mapping[int, str]] = {
    1: "dbt says above what failed",
    2: "dbt could not start on its work; its last lines say why",
    137: "it was killed, as a container is that takes more memory than `limits.memory`",
}
"""By exit code of a container: what it means."""


def refusal(image: str, error: Any) -> str:
    """Return why the daemon does not run `image`, by the APIError that it gave."""
    said = str(error.explanation or error)
    why = next((f"{meaning}. " for sign, meaning in REFUSALS if sign in said), "")
    return f"Docker does not run the image {image!r}: {why}The daemon says: {said}"


def failure(error: Any) -> Exception:
    """Return `error` with a meaning; the lines that it carries were blanked when they came."""
    message = str(error)
    code = re.search(r"'StatusCode': (\d+)", message)
    if code is not None:
        meaning = ENDINGS.get(int(code[1]), "see what it printed")
        message = f"dbt ended with exit code {code[1]} in its container: {meaning}"
    made: Exception = type(error)(message, logs=error.logs)
    return made
