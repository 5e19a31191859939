"""From what each version says of itself to the module that the compiler reads, and back."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final, TypeAlias

MODULE: Final = Path(__file__).parents[2] / "compiler/dagwright/spec/airflow_tables.py"
PROBE: Final = Path(__file__).with_name("probe.py")
VERSIONS: Final = ("2.10", "2.11", "3.0", "3.1", "3.2", "3.3")

Tables: TypeAlias = dict[str, dict[str, list[str]]]
"""By version, then by table: the words of it, sorted."""

MEANINGS: Final = {
    "DAG_ARGUMENTS": "The arguments of DAG.",
    "TASK_ARGUMENTS": "The arguments of BaseOperator.",
    "TRIGGER_RULES": "The words of `trigger_rule`.",
    "WEIGHT_RULES": "The words of `weight_rule`.",
    "PRESETS": "The schedules that have a name.",
    "RUN_TYPES": "The words of `allowed_run_types`.",
    "FEATURES": "What else is there, by names of ours: tests/airflow_tables/probe.py says how.",
}
"""The tables, in the order of the module."""

_HEAD: Final = '''\
"""What each version of Airflow accepts, by its own account: word to versions.

Made by `make airflow-tables` from the real packages, and not to be edited by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

VERSIONS: Final = ({versions})
"""The versions that were asked, the oldest first."""
'''
_TABLE: Final = '''
{name}: Final[Mapping[str, str]] = MappingProxyType(
    {{
{rows}
    }}
)
"""{meaning}"""
'''


def module_text(made: Tables) -> str:
    """Return the source of the module: the same for the same tables."""
    head = _HEAD.format(versions=", ".join(f'"{version}"' for version in made))
    return head + "".join(
        _TABLE.format(name=name, rows="\n".join(_rows(made, name)), meaning=meaning)
        for name, meaning in MEANINGS.items()
    )


def _rows(made: Tables, name: str) -> list[str]:
    words = sorted({word for tables in made.values() for word in tables[name]})
    return [
        f'        "{word}": "{" ".join(v for v in made if word in made[v][name])}",'
        for word in words
    ]


def committed() -> Tables:
    """Return the tables that the module holds."""
    module = import_module("dagwright.spec.airflow_tables")
    return {
        version: {
            name: [
                word for word, where in getattr(module, name).items() if version in where.split()
            ]
            for name in MEANINGS
        }
        for version in module.VERSIONS
    }
