"""`dag:` and `task_group:`: what Airflow is told about the whole, in Airflow's own words."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from dagwright.spec.cron import checked_schedule
from dagwright.spec.model.deadline import Deadlines, Moment
from dagwright.spec.model.settings import TaskSettings
from dagwright.spec.model.words import (
    Count,
    Data,
    Duration,
    Filled,
    Form,
    ImportPath,
    ImportPaths,
    Meaning,
    Positive,
    Shown,
    SpecPart,
)
from dagwright.spec.moments import checked_timezone

DagId = Annotated[
    str,
    Form(
        r"[A-Za-z0-9_.\-]{1,250}",
        "a DAG id: 1 to 250 letters, digits, dashes, dots and underscores",
    ),
]
GroupId = Annotated[
    str,
    Form(
        r"[A-Za-z0-9_\-]{1,200}",
        "a task group id: 1 to 200 letters, digits, dashes and underscores",
    ),
]
AssetUri = Annotated[
    str,
    Form(
        # Airflow keeps the scheme `airflow` to itself.
        r"(?![aA][iI][rR][fF][lL][oO][wW]:)\S(?:.{0,1498}\S)?",
        "the URI of an asset, such as `s3://bucket/orders`",
    ),
]
DagTag = Annotated[str, Form(r"(?s:.{1,100})", "a tag: 1 to 100 characters")]
OwnerLink = Annotated[
    str,
    Form(
        r"mailto:\S+|[A-Za-z][A-Za-z0-9+.\-]*://\S+", "a URL such as `https://...` or `mailto:...`"
    ),
]
TimeZone = Annotated[str, AfterValidator(checked_timezone)]


Name = Annotated[str, Form(r"[A-Za-z_][A-Za-z0-9_]*", "a name that a template can use")]
RunType = Annotated[
    Literal[
        "scheduled",
        "manual",
        "backfill",
        "asset_triggered",
        "asset_materialization",
        "operator_triggered",
    ],
    Meaning(
        {
            "scheduled": "runs that the schedule starts",
            "manual": "runs that a person or the API starts",
            "backfill": "runs of a backfill",
            "asset_triggered": "runs that updated assets start",
            "asset_materialization": "runs that a person starts to make an asset",
            "operator_triggered": "runs that a task of another DAG starts (Airflow 3.3 and later)",
        }
    ),
]
Actions = tuple[str, ...]


def _by_resource(value: object) -> object:
    """Return the permissions of a role in long form: a list is about the DAG itself."""
    return {"DAGs": value} if isinstance(value, (list, tuple)) else value


Permissions = Annotated[
    dict[str, Actions],
    BeforeValidator(_by_resource),
    Shown(
        {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}},
                {
                    "type": "object",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            ]
        }
    ),
]
"""What a role may do: `[can_read]`, or `{DAGs: [can_read], DAG Runs: [can_create]}`."""


def _asset_kind(value: Any) -> str:
    match value:
        case {"any": _} | AnyOf():
            return "any"
        case dict() | AllOf():
            return "all"
        case _:
            return "uri"


class AllOf(SpecPart):
    """Runs when every member has been updated."""

    all: Annotated[tuple[AssetCondition, ...], Filled("assets")]
    """The assets, or groups of them, that must all have been updated."""


class AnyOf(SpecPart):
    """Runs when one member has been updated."""

    any: Annotated[tuple[AssetCondition, ...], Filled("assets")]
    """The assets, or groups of them, of which one must have been updated."""


AssetCondition = Annotated[
    Annotated[AssetUri, Tag("uri")] | Annotated[AllOf, Tag("all")] | Annotated[AnyOf, Tag("any")],
    Discriminator(_asset_kind),
]
"""The URI of one asset, or a group of conditions."""


def _condition_kind(value: Any) -> str:
    return "list" if isinstance(value, (list, tuple)) else _asset_kind(value)


class AssetSchedule(SpecPart):
    """A schedule by data: the DAG runs when assets have been updated."""

    assets: Annotated[
        Annotated[tuple[AssetCondition, ...], Filled("assets"), Tag("list")]
        | Annotated[AssetUri, Tag("uri")]
        | Annotated[AllOf, Tag("all")]
        | Annotated[AnyOf, Tag("any")],
        Discriminator(_condition_kind),
    ]
    """A list of asset URIs (all of them), or `{any: [...]}` and `{all: [...]}`, nested at will."""

    @property
    def condition(self) -> AllOf | AnyOf:
        """What must have been updated, in long form: a list is all of its members."""
        match self.assets:
            case AllOf() | AnyOf() as group:
                return group
            case str() as uri:
                return AllOf(all=(uri,))
            case members:
                return AllOf(all=members)


AllOf.model_rebuild()
AnyOf.model_rebuild()


def _schedule_kind(value: Any) -> str:
    if value is None:
        return "none"
    return "assets" if isinstance(value, (dict, AssetSchedule)) else "text"


Schedule = Annotated[
    Annotated[None, Tag("none")]
    | Annotated[str, AfterValidator(checked_schedule), Tag("text")]
    | Annotated[AssetSchedule, Tag("assets")],
    Discriminator(_schedule_kind),
]


class Dag(SpecPart):
    """The DAG, by the names that Airflow's own `DAG` has."""

    id: DagId
    """The DAG's id, unique in the Airflow deployment; also the artifact's file name."""
    description: str | None = None
    """One line about the DAG, shown in the Airflow UI."""
    schedule: Schedule = None
    """When it runs: a cron expression, a preset such as `@daily`, `{assets: [...]}`, or null."""
    start_date: Moment | None = None
    """The first moment that it may run for, such as `2026-01-01`; in `timezone` if it has none."""
    end_date: Moment | None = None
    """The last moment that it may run for."""
    timezone: TimeZone = "UTC"
    """The time zone of the schedule and the dates, such as `Europe/Amsterdam`."""
    catchup: bool = False
    """Whether the runs between `start_date` and now are made up for."""
    max_active_runs: Positive | None = None
    """How many runs of the DAG may be active at once."""
    max_active_tasks: Positive | None = None
    """How many tasks of one run may be active at once."""
    max_consecutive_failed_dag_runs: Count | None = None
    """After how many failed runs in a row the DAG is paused; 0 is never."""
    dagrun_timeout: Duration | None = None
    """How long one run may take before it fails, such as `6h`."""
    deadline: Deadlines | None = None
    """When a run should have ended, and what to call if it has not (Airflow 3.1 and later)."""
    allowed_run_types: tuple[RunType, ...] = ()
    """The only kinds of runs that may start; all, if not given (Airflow 3.2 and later)."""
    tags: tuple[DagTag, ...] = ()
    """Words to filter DAGs by in the Airflow UI."""
    params: Data = Field(default_factory=dict)
    """Parameters of a run and their defaults; Airflow's UI asks for them."""
    doc_md: str | None = None
    """Documentation in Markdown, shown in the Airflow UI."""
    owner_links: dict[str, OwnerLink] = Field(default_factory=dict)
    """Where the name of an owner leads: owner to URL, `mailto:` too."""
    render_template_as_native_obj: bool | None = None
    """Whether Jinja gives Python objects instead of strings."""
    fail_fast: bool | None = None
    """Whether a run stops at the first task that fails."""
    is_paused_upon_creation: bool | None = None
    """Whether the DAG is paused when Airflow first sees it."""
    disable_bundle_versioning: bool | None = None
    """Whether a run takes the newest DAG files, not those it began with (Airflow 3)."""
    rerun_with_latest_version: bool | None = None
    """Whether a task that is run again takes the newest DAG files (Airflow 3.3 and later)."""
    access_control: dict[str, Permissions] = Field(default_factory=dict)
    """What roles may do with the DAG: role to `[can_read, ...]`, or to actions by resource."""
    user_defined_macros: dict[Name, ImportPath] = Field(default_factory=dict)
    """What templates may call or read besides Airflow's own: name to import path."""
    user_defined_filters: dict[Name, ImportPath] = Field(default_factory=dict)
    """Filters for templates: name to the import path of a function."""
    display_name: str | None = None
    """The name that the Airflow UI shows instead of the id."""
    default_args: TaskSettings = Field(default_factory=TaskSettings)
    """Settings of every task, unless `execute.policy` or `render.overrides` say otherwise."""
    on_success_callback: ImportPaths | None = None
    """Import paths of functions to call when a run succeeds."""
    on_failure_callback: ImportPaths | None = None
    """Import paths of functions to call when a run fails."""


class TaskGroup(SpecPart):
    """A task group, to be put inside a hand-written DAG by `load_task_group`."""

    id: GroupId
    """The group's id, the first part of its tasks' ids."""
    tooltip: str | None = None
    """What the Airflow UI shows when a person points at the group."""
    default_args: TaskSettings = Field(default_factory=TaskSettings)
    """Settings of every task, unless `execute.policy` or `render.overrides` say otherwise."""
