"""The JSON in which a service is asked to run something, as it counts its characters."""

from __future__ import annotations

import json
from typing import Any


def compact(value: Any) -> str:
    """Return `value` as JSON without a space that is not needed."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
