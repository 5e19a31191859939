"""Blank out of what dbt says the secrets that it was given.

Airflow masks what a task logs, in the process that supervises it; not what a task pushes to XCom,
and not everywhere it writes. So what dbt says is blanked where it comes in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

STARS: Final = "***"
_SHORTEST: Final = 5
"""As in Airflow: shorter ones are parts of everything."""


def blanker(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return a function that writes stars for each of `secrets`, and for each line of one."""
    parts = {part for secret in secrets for part in (secret, *secret.splitlines())}
    long = sorted((part for part in parts if len(part) >= _SHORTEST), key=len, reverse=True)
    if not long:
        return str
    pattern = re.compile("|".join(map(re.escape, long)))
    return lambda text: pattern.sub(STARS, text)
