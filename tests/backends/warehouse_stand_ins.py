"""Warehouses without data: each takes statements as its API says, and ends them by their text.

moto has Athena, and Redshift's Data API but for its batches and its clock. Snowflake's SQL API and
that of Databricks are ours; what they do not know they refuse. A statement runs for a few
questions; one that reads `nowhere` fails.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from moto.athena.models import AthenaBackend
from moto.moto_api import state_manager
from moto.redshiftdata.models import RedshiftDataAPIServiceBackend, Statement
from moto.redshiftdata.responses import RedshiftDataAPIServiceResponse

from loopback import Answer, Request, Routes

SNOWFLAKE = "xy12345.snowflakecomputing.com"
DATABRICKS = "shop.cloud.databricks.com"
TOKEN = "token-of-the-tests"  # noqa: S105 (nobody's)
_QUESTIONS = 3


@dataclass
class Submitted:
    """What a warehouse was given, in its order, and how often each was asked for."""

    requests: list[dict[str, object]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def take(self, request: dict[str, object], text: str) -> str:
        """Return the id of a new statement."""
        name = str(uuid.uuid4())
        self.requests.append(request)
        self.texts[name], self.asked[name] = text, 0
        return name

    def state(self, name: str) -> str:
        """Return how the statement is, and move its clock."""
        self.asked[name] += 1
        if self.asked[name] <= _QUESTIONS:
            return "running"
        return "failed" if "nowhere" in self.texts[name] else "done"


def _authorized(request: Request) -> bool:
    return request.headers.get("authorization") == f"Bearer {TOKEN}"


def _unknown(body: dict[str, object], known: set[str]) -> list[str]:
    return sorted(set(body) - known)


def snowflake(submitted: Submitted) -> Routes:
    """Return Snowflake's SQL API."""
    keys = {
        *("statement", "resultSetMetaData", "database", "schema", "warehouse", "role"),
        *("bindings", "parameters", "timeout"),
    }

    def refused(status: int, message: str) -> Answer:
        return Answer(status, {"code": "391900", "message": message, "sqlState": "42601"})

    def post(request: Request) -> Answer:
        kind = request.headers.get("x-snowflake-authorization-token-type")
        if not _authorized(request) or kind != "PROGRAMMATIC_ACCESS_TOKEN":
            return refused(401, "who are you?")
        body = request.json
        if wrong := _unknown(body, keys):
            return refused(400, f"unknown keys {wrong}")
        if request.query.get("async", "").lower() != "true" or "requestId" not in request.query:
            return refused(400, "this would wait for the statement")
        count = len([one for one in body["statement"].split(";") if one.strip()])
        if int(body["parameters"]["MULTI_STATEMENT_COUNT"]) != count:
            said = body["parameters"]["MULTI_STATEMENT_COUNT"]
            return refused(422, f"Actual statement count {count} did not match {said}.")
        name = submitted.take(body, body["statement"])
        running = {"code": "333334", "message": "in progress", "statementHandle": name}
        return Answer(202, {**running, "statementStatusUrl": f"/api/v2/statements/{name}"})

    def get(_: Request, name: str) -> Answer:
        match submitted.state(name):
            case "running":
                return Answer(202, {"code": "333334", "message": "", "statementHandle": name})
            case "failed":
                message = "SQL compilation error: Object 'NOWHERE' does not exist."
                return Answer(422, {"code": "002003", "message": message, "sqlState": "42S02"})
        text = "Statement executed successfully."
        return Answer(200, {"code": "090001", "message": text, "statementHandle": name})

    rows = {("POST", "/api/v2/statements"): post, ("GET", r"/api/v2/statements/([^/]+)"): get}
    return Routes(rows)


def databricks(submitted: Submitted) -> Routes:
    """Return the statement execution API of Databricks."""
    keys = {
        *("statement", "warehouse_id", "catalog", "schema", "parameters", "wait_timeout"),
        *("query_tags", "on_wait_timeout", "format", "disposition", "row_limit"),
    }

    def refused(status: int, message: str) -> Answer:
        return Answer(status, {"error_code": "INVALID_PARAMETER_VALUE", "message": message})

    def post(request: Request) -> Answer:
        if not _authorized(request):
            return refused(401, "who are you?")
        body = request.json
        if wrong := _unknown(body, keys):
            return refused(400, f"unknown keys {wrong}")
        if body["wait_timeout"] != "0s" or not body["warehouse_id"]:
            return refused(400, "this would wait for the statement, or has nowhere to go")
        if ";" in body["statement"]:
            return refused(400, "PARSE_SYNTAX_ERROR: Syntax error at or near ';'")
        name = submitted.take(body, body["statement"])
        return Answer(200, {"statement_id": name, "status": {"state": "PENDING"}})

    def get(_: Request, name: str) -> Answer:
        state = {"running": "RUNNING", "failed": "FAILED", "done": "SUCCEEDED"}
        status: dict[str, object] = {"state": state[submitted.state(name)]}
        if status["state"] == "FAILED":
            message = "[TABLE_OR_VIEW_NOT_FOUND] The table or view `nowhere` cannot be found."
            status["error"] = {"error_code": "BAD_REQUEST", "message": message}
        return Answer(200, {"statement_id": name, "status": status})

    path = "/api/2.0/sql/statements"
    return Routes({("POST", path): post, ("GET", f"{path}/([^/]+)"): get})


@contextmanager
def slow_moto(submitted: Submitted) -> Iterator[None]:
    """Let moto's Athena and Redshift Data take their time, fail, and take batches."""
    start = AthenaBackend.start_query_execution
    describe = RedshiftDataAPIServiceBackend.describe_statement

    def started(self: AthenaBackend, query: str, *args: object, **kwargs: object) -> str:
        name: str = start(self, query, *args, **kwargs)
        submitted.requests.append({"query": query})
        end = "FAILED" if "nowhere" in query else "SUCCEEDED"
        self.executions[name]._transitions = [("QUEUED", "RUNNING"), ("RUNNING", end)]
        return name

    def described(self: RedshiftDataAPIServiceBackend, statement_id: str) -> Statement:
        name, statement = statement_id, describe(self, statement_id)
        state = {"running": "STARTED", "failed": "FAILED", "done": "FINISHED"}
        statement.status = state[submitted.state(name)]
        return statement

    def batch(self: RedshiftDataAPIServiceResponse) -> tuple[int, dict[str, str], str]:
        body = json.loads(self.body)
        names = ("ClusterIdentifier", "Database", "DbUser", "Parameters", "SecretArn")
        arguments = [body.get(name) for name in names]
        statement = self.redshiftdata_backend.execute_statement(
            *arguments, "; ".join(body["Sqls"])
        )
        name = submitted.take(body, statement.query_string)
        self.redshiftdata_backend.statements[name] = statement
        statement.id = name
        return 200, {}, json.dumps({"Id": name, "Database": body["Database"]})

    AthenaBackend.start_query_execution = started
    RedshiftDataAPIServiceBackend.describe_statement = described
    RedshiftDataAPIServiceResponse.batch_execute_statement = batch
    state_manager.set_transition("athena::execution", {"progression": "manual", "times": 1})
    try:
        yield
    finally:
        state_manager.unset_transition("athena::execution")
        AthenaBackend.start_query_execution = start
        RedshiftDataAPIServiceBackend.describe_statement = describe
        del RedshiftDataAPIServiceResponse.batch_execute_statement
