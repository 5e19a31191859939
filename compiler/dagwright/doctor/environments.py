"""Where the environment of mode `virtualenv` lies on the machine at hand, once a task has made it.

The runtime decides where that is, and these are its rules: below the folder of environments, the
digest of the lock, then the kind of Python, system, machine and C library, then which Python.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from dagwright.files import Files
from dagwright.plan.requirements import Lock
from dagwright.spec.model.execute import VirtualenvKeys

FOLDER_VARIABLE: Final = "DAGWRIGHT_VENV_DIR"
OTHERS: Final = frozenset({"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"})
"""Variables by which a Python would look for modules of another one."""

_UNFINISHED: Final = re.compile(r"\.(lock|[0-9a-f]{8}(\.link)?)$")


def environments_folder(keys: VirtualenvKeys, loader: str, environment: Mapping[str, str]) -> str:
    """Return the folder where the tasks of this machine make their environments."""
    if keys.venv_dir is not None:
        return posixpath.normpath(posixpath.join(loader, keys.venv_dir))
    if named := environment.get(FOLDER_VARIABLE):
        return named
    cache = environment.get("XDG_CACHE_HOME") or posixpath.expanduser("~/.cache")
    return posixpath.join(cache, "dagwright", "venvs")


def made_dbt(keys: VirtualenvKeys, lock: Lock, folder: str, files: Files) -> str | None:
    """Return the dbt of the environment made from `lock`; None where there is none yet."""
    begin = sha256(lock.packages.encode()).hexdigest()[:16]
    version = "" if keys.python is None or "/" in keys.python else keys.python.replace(".", "")
    of_python = f"-{version}-" if version else ""
    for name in files.names(folder):
        dbt = posixpath.join(folder, name, "bin", "dbt")
        fits = name.startswith(f"{begin}-") and of_python in name
        if fits and not _UNFINISHED.search(name) and files.exists(dbt):
            return dbt
    return None
