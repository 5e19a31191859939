"""Lineage is asked for by a provider that is not here: then nothing is read, and none is told."""

from __future__ import annotations

import json

import pytest

from airflow_home import AirflowHome

pytestmark = [pytest.mark.airflow, pytest.mark.filterwarnings("ignore")]

SCRIPT = """
import json, sys
from dagwright_airflow.operators.dbt import DbtOperator
from dagwright_airflow.operators.lineage import is_asked_for

operator = DbtOperator(task_id="a", command=("run",), nodes=())
told = operator.get_openlineage_facets_on_complete(None)
print("TOLD" + json.dumps([is_asked_for("run"), told, "openlineage" in sys.modules]))
"""


def test_without_the_provider_there_is_no_lineage(airflow_home: AirflowHome) -> None:
    output = airflow_home.python(SCRIPT)
    (line,) = [line for line in output.splitlines() if line.startswith("TOLD")]
    assert json.loads(line.removeprefix("TOLD")) == [False, None, False]
