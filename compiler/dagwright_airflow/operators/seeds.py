"""Remember which seed was loaded last, so that an unchanged one need not be loaded again.

The memory is one Airflow Variable a seed and target. It says what was loaded only while nothing
is being loaded: a load first puts a mark of its own there, and afterwards puts down what it loaded
if the mark is still its own. So a load that failed, was killed, or ran beside another one leaves
doubt, and on doubt the seed is loaded: no memory, one that cannot be read, a file that is not
where the compiler saw it. What cannot be seen from here is a table that somebody else changed or
dropped; deleting the Variable makes the next run load it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from dagwright_airflow.airflow_api import get_variable, set_variable

_log: Final = logging.getLogger(__name__)


class SeedMemory:
    """What is known of one seed in one target; `name` is the Variable's."""

    def __init__(self, seed: Mapping[str, str], target: object, settings: object) -> None:
        """Read nothing yet.

        Args:
            seed: its `node`, the `file` that it is loaded from, and the compiler's `checksum` of
                the file and of the seed's configuration.
            target: what decides where it is loaded to.
            settings: what else decides what is loaded, templates rendered.
        """
        self.name = f"dagwright_seed_{_digest([seed['node'], target])[:32]}"
        self._wanted = _digest([seed["checksum"], _file_digest(Path(seed["file"])), settings])
        self._file = Path(seed["file"])
        self._mark = uuid4().hex

    def has_it(self) -> bool:
        """Return whether the last load was of what would be loaded now, without any doubt."""
        return self._file.is_file() and self._read() == {"loaded": self._wanted}

    def begin(self) -> None:
        """Put the seed in doubt until `finish`.

        Raises:
            Exception: Airflow could not keep it, so another run might take an old word for true.
        """
        set_variable(self.name, json.dumps({"loading": self._mark}))

    def finish(self) -> None:
        """Put down what was loaded, or leave it in doubt where somebody else loaded it too."""
        ours = self._read() == {"loading": self._mark}
        value = {"loaded": self._wanted} if ours else {"doubt": self._mark}
        try:
            set_variable(self.name, json.dumps(value))
        except Exception as error:  # noqa: BLE001 (the mark is left, so the next run loads)
            _log.warning("Airflow did not keep what was loaded (%s)", error)

    def _read(self) -> Any:
        try:
            return json.loads(get_variable(self.name) or "null")
        except Exception as error:  # noqa: BLE001 (whatever it is, it is doubt)
            _log.warning("What was loaded before cannot be read (%s)", error)
            return None


def _digest(value: object) -> str:
    return sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def _file_digest(path: Path) -> str | None:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
