"""A dbt project to the files that a first DAG needs: what `dagwright init` proposes.

Nothing is written here, and nothing is asked: each proposal is a path and a text.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import Final

from dagwright.diagnostics import Report
from dagwright.files import Files
from dagwright.spec.schema import schema_text
from dagwright.text.document import parse_document
from dagwright.text.source import decode_text
from dagwright.text.tree import plain
from dagwright.text.write import scalar_text

PROJECT_FILE: Final = "dbt_project.yml"
SCHEMA_FILE: Final = ".dagwright/spec-1.json"
LOADER_FILE: Final = "dagwright_dags.py"
HOOK_FILE: Final = ".pre-commit-config.yaml"
CI_FILE: Final = ".github/workflows/dagwright.yml"

LOADER: Final = """\
# airflow dag loader: Airflow reads only files in which it finds these words.
from dagwright_airflow import load_dags
load_dags(__file__, "compiled")  # every compiled/*.dag.json beside this file
"""


@dataclass(frozen=True, slots=True)
class DbtProject:
    """What `init` wants to know of a dbt project, at `folder`."""

    folder: str
    name: str
    manifest: str
    has_manifest: bool
    has_profiles: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person may choose: the DAG's id, when it runs (None is by hand), and where it lies.

    `root` is the repository, or whatever folder is the author's; `dags` is Airflow's folder.
    """

    root: str
    dags: str
    dag_id: str
    schedule: str | None = None

    @property
    def spec(self) -> str:
        """The path of the spec."""
        return posixpath.join(self.dags, f"{self.dag_id}.dagwright.yaml")


def read_project_file(files: Files, path: str) -> DbtProject:
    """Return the project whose `dbt_project.yml` is at `path`; dbt judges what is wrong in it."""
    folder = posixpath.dirname(path) or "."
    report = Report()
    text = decode_text(files.read(path), path, report)
    document = parse_document(path, text, report) if text is not None else None
    settings = plain(document.root) if document is not None else {}
    name = settings.get("name")
    target = settings.get("target-path")
    manifest = (
        f"{target if isinstance(target, str) and '{' not in target else 'target'}/manifest.json"
    )
    return DbtProject(
        folder=folder,
        name=name if isinstance(name, str) else posixpath.basename(posixpath.abspath(folder)),
        manifest=manifest,
        has_manifest=files.exists(posixpath.join(folder, manifest)),
        has_profiles=files.exists(posixpath.join(folder, "profiles.yml")),
    )


def dag_id(project: DbtProject) -> str:
    """Return an id that Airflow takes, made from the name of the project."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", project.name)[:250] or "dbt"


def spec_text(project: DbtProject, choices: Choices) -> str:
    """Return a spec for all of `project`, with comments on what one would change first."""
    here = _relative(project.folder, choices.dags)
    schema = posixpath.relpath(posixpath.join(choices.root, SCHEMA_FILE), choices.dags)
    where = scalar_text(here)
    parse = (
        f"  dbt: {{profiles_dir: {where}}} # For `dbt parse`.\n" if project.has_profiles else ""
    )
    profile = f"  profile: {{profiles_dir: {where}}}\n" if project.has_profiles else ""
    other = project.manifest != "target/manifest.json"
    manifest = f"  manifest: {scalar_text(project.manifest)}\n" if other else ""
    return f"""\
# yaml-language-server: $schema={schema}
#
# The dbt project {project.name} as one Airflow DAG. Editors that read the first line complete
# every key and explain it; `dagwright validate` checks the file.
version: 1

dag:
  id: {scalar_text(choices.dag_id)}
  schedule: {_schedule(choices.schedule)}
  start_date: 2026-01-01
  catchup: false
  max_active_runs: 1
  tags: [dbt]
  default_args: {{retries: 1, retry_delay: 5m}} # Of every task, in Airflow's words.

# WHAT runs. Read only where the compiler runs; paths are relative to this file.
render:
  project_dir: {where} # Its manifest is made by `dbt parse` where there is none.
{manifest}{parse}\
  # No `select`: the whole project runs. To run some of it, as `dbt build --select` would:
  # select: ["path:models/marts+", "tag:nightly"]
  tests: after_each # Or `build`: a node and its own tests are one task.
  group_by: folder # Folders of models become task groups.

# HOW it runs. Nothing here changes which tasks there are.
execute:
  mode: local # In the Airflow worker, which has dbt installed.
  project_dir: {where} # At run time, relative to the folder of {LOADER_FILE}.
{profile}\

# What differs in production; `dagwright compile --environment prod` makes the DAG of it.
# environments:
#   prod:
#     dag: {{schedule: "0 6 * * *"}}
#     execute: {{profile: {{target: prod}}}}
"""


def _schedule(schedule: str | None) -> str:
    if schedule is None:
        return 'null # By hand. A cron expression or a preset such as "@daily" may stand here.'
    return scalar_text(schedule)


def _relative(folder: str, start: str) -> str:
    return posixpath.relpath(folder, start)


def proposals(project: DbtProject, choices: Choices) -> dict[str, str]:
    """Return the text of every file that a first DAG needs, by its path."""
    return {
        posixpath.normpath(posixpath.join(choices.root, SCHEMA_FILE)): schema_text(),
        choices.spec: spec_text(project, choices),
        posixpath.join(choices.dags, LOADER_FILE): LOADER,
    }


def hook_text(version: str) -> str:
    """Return a configuration of pre-commit that checks specs and artifacts at every commit."""
    return f"""\
repos:
  - repo: local
    hooks:
      - id: dagwright-validate
        name: validate dagwright specs
        entry: dagwright validate
        language: python
        additional_dependencies: ["dagwright=={version}"]
        files: '\\.dagwright\\.ya?ml$'
        require_serial: true
      - id: dagwright-check # Reads dbt's manifest, or makes it by `dbt parse`.
        name: compiled DAGs are up to date
        entry: dagwright check
        language: python
        additional_dependencies: ["dagwright=={version}"]
        files: '(\\.dagwright\\.ya?ml|manifest\\.json|\\.(dag|group)\\.json)$'
        pass_filenames: false
"""


def ci_text(version: str) -> str:
    """Return a workflow of GitHub's that checks every pull request."""
    return f"""\
name: dagwright
on: [pull_request]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {{python-version: "3.12"}}
      - run: pip install "dagwright=={version}"
      - run: dagwright validate
      # Are the artifacts up to date? Needs dbt's manifest, or dbt itself for `dbt parse`.
      # - run: dagwright check
"""
