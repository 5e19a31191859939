"""`dagwright_airflow.watcher.states` without its package, which imports Airflow."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

_FILE = Path(__file__).parent.parent / "compiler/dagwright_airflow/watcher/states.py"


def _load() -> ModuleType:
    spec = spec_from_file_location("state_tables_of_watchers", _FILE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


states = _load()
