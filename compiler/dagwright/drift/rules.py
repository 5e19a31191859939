"""Complaints about artifacts on disk: DW6xx."""

from __future__ import annotations

from typing import Final

from dagwright.diagnostics import Rule

STALE: Final = Rule(
    code="DW601",
    name="stale-artifact",
    severity="error",
    message="{path} is not what {spec} compiles to now",
    help="{differences}\nrun `{command}` and commit the result",
    explain="""\
    The spec, the dbt project or the compiler changed since the artifact was written, so Airflow
    would run something else than what was reviewed. The help lists what differs, by task.

    ## Example
    A model was added to the project, and only `models/` was committed.

    ## Use instead
    `dagwright compile`, and commit the artifact with the change that it is for.
    """,
)

MISSING: Final = Rule(
    code="DW602",
    name="missing-artifact",
    severity="error",
    message="{path} does not exist",
    help="run `{command}` and commit the result",
    explain="""\
    The spec has never been compiled to this folder, or its artifact was removed.

    ## Example
    A new spec was committed without its artifact.

    ## Use instead
    `dagwright compile`, and commit the artifact with the spec.
    """,
)

EXTRA: Final = Rule(
    code="DW603",
    name="extra-artifact",
    severity="error",
    message="{path} belongs to no spec",
    help="remove it, or Airflow will go on running that DAG",
    explain="""\
    An artifact lies in the output folder whose DAG no spec below the working directory makes: the
    spec was removed, or its `dag.id` was changed. Airflow still loads it.

    ## Example
    `git rm shop.dagwright.yaml`, but not `compiled/shop.dag.json`.

    ## Use instead
    Remove both.
    """,
)

EDITED: Final = Rule(
    code="DW604",
    name="edited-artifact",
    severity="error",
    message="{path} was edited by hand",
    help="make the change in {spec}, and run `{command}`",
    explain="""\
    The digest at the end of an artifact is not that of its text: something other than the
    compiler changed it. The next compile would undo that change without a word.

    ## Example
    A `"retries"` changed in `compiled/shop.dag.json`.

    ## Use instead
    `render.overrides` in the spec, and `dagwright compile`.
    """,
)

UNREADABLE: Final = Rule(
    code="DW605",
    name="unreadable-artifact",
    severity="error",
    message="{path} cannot be read as an artifact: {reason}",
    help="run `{command}`",
    explain="""\
    The file has the name of an artifact, but it is not one: it is cut off, it is not JSON, or this
    user may not read it.

    ## Example
    A merge conflict left its markers in `compiled/shop.dag.json`.

    ## Use instead
    `dagwright compile`, which writes the file anew.
    """,
)

OUTPUT_UNWRITABLE: Final = Rule(
    code="DW606",
    name="unwritable-output",
    severity="error",
    message="cannot write {path}: {reason}",
    help="`--output` must name a folder that this user may write to",
    explain="""\
    The artifact could not be written. What lay there before is as it was: an artifact is replaced
    in one step or not at all.

    ## Example
    `dagwright compile --output /proc`

    ## Use instead
    `dagwright compile --output dags/compiled`
    """,
)

RULES: Final = (STALE, MISSING, EXTRA, EDITED, UNREADABLE, OUTPUT_UNWRITABLE)
