"""The operator of worker modes: runs dbt in the worker, and believes only dbt's results file.

The compiler decided what to run. What is decided here are the paths of this machine: relative
ones start at the loader file's folder, so that a versioned DAG bundle runs its own dbt project.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Final, Literal

from dagwright_airflow import leash
from dagwright_airflow.airflow_api import (
    AirflowException,
    BaseOperator,
    has_lost_its_supervisor,
)
from dagwright_airflow.operators.process import LeashedProcess
from dagwright_airflow.operators.results import complaint, read_results, summary, table, way_out
from dagwright_airflow.operators.seeds import SeedMemory

_PROJECT_DIR: Final = "--project-dir"
_DEFAULT_FLAGS: Final = ("--no-use-colors", "--log-level-file", "none")
"""Before the user's flags, so that those win."""

_NOT_HANDED_DOWN: Final = frozenset(
    f"DBT_{engine}{name}"
    for engine in ("", "ENGINE_")
    for name in ("RESOURCE_TYPES", "EXCLUDE_RESOURCE_TYPES", "INDIRECT_SELECTION")
) | {"_AIRFLOW_PARSING_CONTEXT_DAG_ID", "_AIRFLOW_PARSING_CONTEXT_TASK_ID"}
"""What would change the selection unseen, or make a DAG file that dbt imports build one task."""

_WARN_ERROR: Final = ("DBT_WARN_ERROR", "DBT_ENGINE_WARN_ERROR")
_WARN_ERROR_OPTIONS: Final = "--warn-error-options"
_TRUE: Final = frozenset({"1", "true", "t", "yes", "y", "on"})

_LAST_LINES: Final = 20


class DbtOperator(BaseOperator):  # type: ignore[misc]  # Airflow is untyped here.
    """Runs one dbt command, and succeeds only if exactly its `nodes` ran and passed.

    Pushes a summary of the results to XCom. Each run has a target and a log folder of its own,
    so that tasks side by side do not overwrite each other's files; the project is not copied,
    and its partial parse is used where it lies.
    """

    template_fields: Sequence[str] = ("command", "flags", "vars", "env")
    template_fields_renderers: ClassVar[dict[str, str]] = {"vars": "json", "env": "json"}
    ui_color = "#ffe0d6"

    def __init__(  # noqa: PLR0913 (an operator's arguments are its fields)
        self,
        *,
        command: Sequence[str],
        nodes: Sequence[str],
        flags: Sequence[str] = (),
        paths: Mapping[str, str] | None = None,
        executable: str = "dbt",
        invocation: Literal["subprocess", "dbt_runner"] = "subprocess",
        vars: Mapping[str, Any] | None = None,  # noqa: A002 (dbt's word)
        env: Mapping[str, str] | None = None,
        partial_parse: str | None = "target/partial_parse.msgpack",
        folder: str = ".",
        seed: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Keep what to run.

        Args:
            command: the dbt command and what it selects: `["run", "--select", ...]`.
            nodes: the unique ids that must run, all of them and no others.
            flags: flags that stand after the command.
            paths: flags whose value is a path; relative ones start at `folder`.
            executable: the program; found on the PATH, or from `folder` if it has a slash.
            invocation: run the program, or call dbt's Python API of this interpreter.
            vars: dbt's `--vars`, rendered value by value before they become its JSON.
            env: environment variables for dbt, over those of the worker.
            partial_parse: a partial parse file to start from if it exists, relative to the
                project.
            folder: the loader file's folder.
            seed: a seed to load only if it changed: its `node`, its `file` relative to the
                project, and its `checksum`.
            kwargs: arguments of BaseOperator.
        """
        super().__init__(**kwargs)
        self.command = command
        self.nodes = nodes
        self.flags = flags
        self.paths = tuple((paths or {}).items())
        self.executable = executable
        self.invocation = invocation
        self.vars = dict(vars or {})
        self.env = dict(env or {})
        self.partial_parse = partial_parse
        self.folder = folder
        self.seed = seed
        self._running: LeashedProcess | None = None

    def execute(self, context: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002 (Airflow's)
        """Return a summary of what dbt did.

        Raises:
            AirflowException: dbt could not run, was stopped, or did not do what was compiled.
        """
        project = self._resolved(dict(self.paths).get(_PROJECT_DIR, "."))
        if not project.is_dir():
            message = f"the dbt project {project} is no folder of this worker"
            raise AirflowException(message)
        memory = self._seed_memory(project)
        if memory is None:
            return self._run_dbt(project)
        if memory.has_it():
            self.log.info("Not loaded: unchanged since the last time. To load it all the same,")
            self.log.info("delete the Airflow Variable %s and clear the task.", memory.name)
            return {"nodes": [], "seconds": 0, "unchanged": True}
        memory.begin()
        done = self._run_dbt(project)
        memory.finish()
        return done

    def _seed_memory(self, project: Path) -> SeedMemory | None:
        if self.seed is None:
            return None
        seed = {**self.seed, "file": str(project / self.seed["file"])}
        others = [pair for pair in self.paths if pair[0] != _PROJECT_DIR]
        return SeedMemory(seed, [list(self.flags), others], [self.vars, self.env])

    def _run_dbt(self, project: Path) -> dict[str, Any]:
        environment = self._environment()
        last: deque[str] = deque(maxlen=_LAST_LINES)

        def tell(line: str) -> None:
            last.append(line)
            self.log.info("%s", line)

        with TemporaryDirectory(prefix="dagwright-") as scratch:
            target = Path(scratch, "target")
            arguments = self._arguments(project, Path(scratch), environment)
            self.log.info("In %s: dbt %s", project, shlex.join(arguments))
            argv = [*self._program(environment), *arguments]
            self._running = LeashedProcess(argv, project, environment)
            status = self._running.run(tell, has_lost_its_supervisor)
            results = read_results(target)

        if self._running.stopped:
            raise AirflowException("dbt was stopped because the task was killed")
        for row in table(results or ()):
            self.log.info("%s", row)
        fault = complaint(results, self.nodes)
        if fault is None and status != 0:
            fault = f"every node passed, but dbt exited with {status}"
        if fault is not None:
            if not results:
                ended = f"{fault} {way_out(last)}\ndbt exited with {status}; its last lines:"
                fault = "\n".join((ended, *last))
            raise AirflowException(fault)
        return summary(results or ())

    def on_kill(self) -> None:
        """Stop dbt and whatever it started."""
        if self._running is not None:
            self._running.stop()

    def _program(self, environment: Mapping[str, str]) -> list[str]:
        """Return what runs dbt, in the words of the leash."""
        if self.invocation == "dbt_runner":
            return [leash.DBT_RUNNER]
        name = self.executable
        if "/" in name:
            name = str(self._resolved(name))
        found = shutil.which(name, path=environment.get("PATH"))
        if found is None:
            message = f"the dbt executable {name!r} is not on this worker; see `dbt_executable`"
            raise AirflowException(message)
        return [leash.RUN, found]

    def _arguments(
        self, project: Path, scratch: Path, environment: Mapping[str, str]
    ) -> list[str]:
        """Return the arguments for dbt; later flags win over earlier ones."""
        arguments = [*self.command, *_DEFAULT_FLAGS]
        for flag, path in self.paths:
            arguments += (flag, str(self._resolved(path)))
        arguments += _allowed(self.flags, environment)
        if self.vars:
            arguments += ("--vars", json.dumps(self.vars))
        if self.partial_parse is not None and (project / self.partial_parse).is_file():
            arguments += ("--partial-parse-file-path", str(project / self.partial_parse))
        arguments += ("--target-path", str(scratch / "target"))
        arguments += ("--log-path", str(scratch / "logs"), "--write-json")
        return arguments

    def _environment(self) -> dict[str, str]:
        everything = {**os.environ, **{name: str(value) for name, value in self.env.items()}}
        return {name: text for name, text in everything.items() if name not in _NOT_HANDED_DOWN}

    def _resolved(self, path: str) -> Path:
        return Path(os.path.normpath(Path(self.folder) / path))


def _allowed(flags: Sequence[str], environment: Mapping[str, str]) -> Sequence[str]:
    """Return `flags` without those that dbt refuses in this environment.

    Where a worker makes every warning an error, naming single ones is refused, and not needed.
    """
    strict = any(environment.get(name, "").lower() in _TRUE for name in _WARN_ERROR)
    if not strict or _WARN_ERROR_OPTIONS not in flags:
        return flags
    place = list(flags).index(_WARN_ERROR_OPTIONS)
    return (*flags[:place], *flags[place + 2 :])
