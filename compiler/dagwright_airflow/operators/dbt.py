"""The operator of worker modes: runs dbt in the worker, and believes only dbt's results file.

The compiler decided what to run. What is decided here are the paths of this machine: relative
ones start at the loader file's folder, so that a versioned DAG bundle runs its own dbt project.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

from dagwright_airflow import leash
from dagwright_airflow.airflow_api import (
    AirflowException,
    AirflowFailException,
    BaseOperator,
    dags_folder,
    has_lost_its_supervisor,
)
from dagwright_airflow.operators import lineage
from dagwright_airflow.operators.artifacts import keep_artifacts, wants_all_written
from dagwright_airflow.operators.blank import blanker
from dagwright_airflow.operators.environment import allowed_flags, child_environment
from dagwright_airflow.operators.invocation import Invocation, program
from dagwright_airflow.operators.options import option_words, typed_options, typed_vars
from dagwright_airflow.operators.outcome import Outcome, Verdict, judge
from dagwright_airflow.operators.own_python import OwnPython, variables_of
from dagwright_airflow.operators.packages import deps_arguments, install_packages
from dagwright_airflow.operators.presentation import compiled_sql, failures, summary, table
from dagwright_airflow.operators.process import LINE_BYTES, LeashedProcess
from dagwright_airflow.operators.results import NodeResult, read_results
from dagwright_airflow.operators.scratch import scratch_folder
from dagwright_airflow.operators.seeds import SeedMemory
from dagwright_airflow.profiles import Profile, make_profile
from dagwright_airflow.secrets import look_up

_PROJECT_DIR: Final = "--project-dir"
_DEFAULT_FLAGS: Final = ("--no-use-colors", "--log-level-file", "none")
"""Before the user's flags, so that those win."""

_LAST_LINES: Final = 20


class Call(NamedTuple):
    """One call of dbt, ready to be made: what follows the program, and the environment.

    `secrets` are values in the environment that must come out nowhere.
    """

    arguments: list[str]
    environment: dict[str, str]
    secrets: tuple[str, ...] = ()


class DbtOperator(BaseOperator):  # type: ignore[misc]  # Airflow is untyped here.
    """Runs one dbt command, and succeeds only if exactly its `nodes` ran and passed.

    Pushes a summary of the results to XCom. Each run has a target and a log folder of its own,
    so that tasks side by side do not overwrite each other's files; the project is not copied,
    and its partial parse is used where it lies.

    A failed data test is final, unless `retry_tests`; so is a dbt that ran other nodes than the
    task was compiled for. Anything else is tried again as often as Airflow's `retries` says.

    Args:
        command: the dbt command and what it selects: `["run", "--select", ...]`.
        nodes: the unique ids that must run, all of them and no others.
        flags: flags that stand after the command.
        options: dbt's options by key of the spec; typed when they are rendered.
        option_forms: by key, how an option is written, and which commands know it.
        paths: flags whose value is a path; relative ones start at `folder`.
        executable: the program; found on the PATH, or from `folder` if it has a slash.
        invocation: run the program, or call dbt's Python API of this interpreter; or `auto`:
            the API, if it is there and no other program is asked for.
        vars: dbt's `--vars`, rendered value by value and typed before they become its JSON.
        env: environment variables for dbt, over those of the worker.
        secrets: by environment variable, where in Airflow its value lies. It is looked up when
            the task runs, and goes nowhere but into the environment of dbt.
        partial_parse: partial parse files, relative to the project; the first one that is
            there is what dbt starts from.
        folder: the loader file's folder.
        seed: a seed to load only if it changed: its `node`, its `file` relative to the
            project, and its `checksum`.
        virtualenv: the environment whose dbt runs: where it is, or the lock to make it from.
        packages: what `dbt deps` installs where it is missing: the `folder` of packages in the
            project, and their `names`. Without it, what is missing stays missing.
        profile: the Airflow connection that becomes dbt's profile, and the rows that say how. No
            template field: what it becomes may be secret.
        retry_tests: whether a failed data test is tried again.
        artifacts: files of dbt to keep: the `path` of a folder or an object store, relative
            to `folder`, and which `files`.
        on_warning: called with Airflow's context and `dbt_warnings`, the nodes that warned.
        kwargs: arguments of BaseOperator.
    """

    template_fields: Sequence[str] = (
        *("command", "flags", "paths", "options", "vars", "env", "artifacts", "compiled_sql"),
    )
    template_fields_renderers: ClassVar[dict[str, str]] = {
        "options": "json",
        "vars": "json",
        "env": "json",
        "compiled_sql": "sql",
    }
    overwrite_rtif_after_execution = True
    ui_color = "#ffe0d6"

    def __init__(  # noqa: PLR0913 (an operator's arguments are its fields)
        self,
        *,
        command: Sequence[str],
        nodes: Sequence[str],
        flags: Sequence[str] = (),
        options: Mapping[str, Any] | None = None,
        option_forms: Mapping[str, Mapping[str, Any]] | None = None,
        paths: Mapping[str, str] | None = None,
        executable: str = "dbt",
        invocation: Invocation = "subprocess",
        vars: Mapping[str, Any] | None = None,  # noqa: A002 (dbt's word)
        env: Mapping[str, str] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        partial_parse: Sequence[str] = ("target/partial_parse.msgpack",),
        folder: str = ".",
        seed: Mapping[str, str] | None = None,
        virtualenv: Mapping[str, str] | None = None,
        packages: Mapping[str, Any] | None = None,
        profile: Mapping[str, Any] | None = None,
        retry_tests: bool = False,
        artifacts: Mapping[str, Any] | None = None,
        on_warning: Sequence[Callable[[Mapping[str, Any]], object]] = (),
        **kwargs: Any,
    ) -> None:
        """Keep what to run; the class says what each argument is."""
        super().__init__(**kwargs)
        self.command = command
        self.nodes = nodes
        self.flags = flags
        self.options = dict(options or {})
        self.option_forms = dict(option_forms or {})
        self.paths = tuple((paths or {}).items())
        self.executable = executable
        self.invocation = invocation
        self.vars = dict(vars or {})
        self._given_vars = tuple((vars or {}).items())
        self.env = dict(env or {})
        self.secrets = dict(secrets or {})
        self.partial_parse = partial_parse
        self.folder = folder
        self.seed = seed
        self.virtualenv = virtualenv
        self.packages = packages
        self.profile = profile
        self.retry_tests = retry_tests
        self.artifacts = dict(artifacts or {})
        self.on_warning = tuple(on_warning)
        self.compiled_sql = ""
        self._running: LeashedProcess | None = None
        self._lineage: lineage.Lineage | None = None
        self._profile: Profile | None = None

    def execute(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Return a summary of what dbt did.

        Raises:
            AirflowException: dbt could not run, was stopped, or did not do what was compiled.
        """
        self.prepare(context)
        project = self.project()
        memory = self._seed_memory(project)
        if memory is None:
            return self._run_dbt(project, context)
        if memory.has_it() and self.options.get("full_refresh") is not True:
            self.log.info("Not loaded: unchanged since the last time. To load it all the same,")
            self.log.info("delete the Airflow Variable %s and clear the task.", memory.name)
            return {"nodes": [], "seconds": 0, "unchanged": True}
        memory.begin()
        done = self._run_dbt(project, context)
        memory.finish()
        return done

    def prepare(self, context: Mapping[str, Any]) -> None:
        """Give options and variables the types that rendering took, and make the profile.

        Raises:
            AirflowException: there is no such option or profile.
        """
        self.options = typed_options(self.options, self.option_forms)
        self.vars = typed_vars(self._given_vars, self.vars)
        if self.profile is not None:
            self._profile = make_profile(
                self.profile, lambda value: self.render_template(value, context)
            )
            self.log.info("%s", self._profile.told)

    def project(self) -> Path:
        """Return the dbt project's folder.

        Raises:
            AirflowException: it is not there.
        """
        project = self._resolved(dict(self.paths).get(_PROJECT_DIR, "."))
        if not os.path.isdir(project):  # noqa: PTH112 (`is_dir` raises where it may not look)
            message = f"the dbt project {project} is no folder of this worker"
            raise AirflowException(message)
        return project

    def _seed_memory(self, project: Path) -> SeedMemory | None:
        if self.seed is None:
            return None
        seed = {**self.seed, "file": str(project / self.seed["file"])}
        others = [pair for pair in self.paths if pair[0] != _PROJECT_DIR]
        settings = [self.vars, self.env, self.options, self.secrets]
        profile = [] if self._profile is None else self._profile.identity
        return SeedMemory(seed, [list(self.flags), others, *profile], settings)

    def _run_dbt(self, project: Path, context: Mapping[str, Any]) -> dict[str, Any]:
        verdict, results = self._told(project)
        self._end(verdict, results or ())
        self._warn([one for one in results or () if one.status == "warn"], context)
        return summary(results or ())

    def _told(self, project: Path, *more: str) -> tuple[Verdict, tuple[NodeResult, ...] | None]:
        last: deque[str] = deque(maxlen=_LAST_LINES)

        def tell(line: str, blank: Callable[[str], str]) -> None:
            last.append(blank(line))
            self.log.info("%s", last[-1])

        status, results = self._call_dbt(project, tell, more)
        self._show(results or ())
        return self.judged(results, status, tuple(last)), results

    def _call_dbt(
        self,
        project: Path,
        tell: Callable[[str, Callable[[str], str]], None],
        more: Sequence[str] = (),
        longest: int = LINE_BYTES,
    ) -> tuple[int, tuple[NodeResult, ...] | None]:
        """Return dbt's exit status and results.

        Args:
            project: where it runs.
            tell: is given each line, and what blanks secrets out of a text.
            more: arguments after all others.
            longest: how much of a line counts, in bytes.
        """
        with scratch_folder() as scratch:
            call = self._call(project, scratch)
            blank = blanker(call.secrets)
            start, python, environment = self._start(call.environment, blank)
            if self.packages is not None:
                paths, logs = self._resolved_paths(), scratch / "logs"
                words = deps_arguments(_DEFAULT_FLAGS, paths, self.vars, logs)
                deps = LeashedProcess([*start, *words], project, environment, python=python)
                run = partial(self._ran, deps, lambda line: self.log.info("%s", blank(line)))
                install_packages(project, self.packages, run)
            by_api = start[0] == leash.DBT_RUNNER  # It writes the results, and nothing else.
            traced = lineage.is_asked_for(self.command[0])
            spared = by_api and not traced and not self.needs_all_written()
            written = "--no-write-json" if spared else "--write-json"
            arguments = [*call.arguments, written, *more]
            self.log.info("In %s: dbt %s", project, shlex.join(arguments))
            dbt = LeashedProcess([*start, *arguments], project, environment, python=python)
            dbt.longest_line = longest
            status = self._ran(dbt, lambda line: tell(line, blank))
            results = read_results(scratch / "target", blank)
            if traced and results:
                target = scratch / "target"
                told = lineage.read_lineage(project, target, environment, self.log, blank)
                self._lineage = lineage.joined(self._lineage, told)
            self.keep(scratch / "target", blank)
        if dbt.stopped:
            raise AirflowException("dbt was stopped because the task was killed")
        return status, results

    def needs_all_written(self) -> bool:
        """Return whether dbt must write more than its results."""
        return wants_all_written(self.artifacts)

    def keep(self, target: Path, blank: Callable[[str], str]) -> None:
        """Copy what is to be kept of dbt's `target` folder, before that is gone."""
        if self.artifacts:
            keep_artifacts(target, self.placed(self.artifacts), blank, self.log)

    def placed(self, stated: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `stated` with its `path`: a relative one starts at the loader file's folder."""
        path = str(stated["path"])
        known = not path or "://" in path
        return stated if known else {**stated, "path": str(self._resolved(path))}

    def judged(
        self, results: Sequence[NodeResult] | None, status: int, last: Sequence[str], /
    ) -> Verdict:
        """Return what the call came to, which exited with `status` and printed `last`."""
        return judge(results, self.nodes, status, last)

    def _show(self, results: Sequence[NodeResult]) -> None:
        self.compiled_sql = compiled_sql(results)
        for row in table(results):
            self.log.info("%s", row)

    def _end(self, verdict: Verdict, results: Sequence[NodeResult]) -> None:
        """Raise what makes Airflow do with the task what the verdict asks for; nothing if good."""
        if verdict.outcome is Outcome.SUCCESS:
            return
        for line in failures(results):
            self.log.error("%s", line)
        tests_again = self.retry_tests and verdict.outcome is Outcome.TEST_FAILURE
        again = verdict.outcome.may_end_otherwise or tests_again
        raise (AirflowException if again else AirflowFailException)(verdict.fault)

    def _warn(self, warned: Sequence[NodeResult], context: Mapping[str, Any]) -> None:
        if not warned:
            return
        for one in warned:
            self.log.warning("%s warns: %s", one.node, one.in_a_line(300))
        told = {**context, "dbt_warnings": summary(warned)["nodes"]}
        for callback in self.on_warning:
            self._tell(callback, told)

    def _tell(self, callback: Callable[..., object], told: Mapping[str, Any]) -> None:
        try:
            callback(told)
        except Exception:
            self.log.exception("A callback for warnings failed; the task did not.")

    def get_openlineage_facets_on_complete(self, _task_instance: object) -> Any:
        """Return what dbt read and wrote, to the OpenLineage provider; None if nobody asked."""
        return lineage.as_operator_lineage(self._lineage)

    def on_kill(self) -> None:
        """Stop dbt and whatever it started."""
        if self._running is not None:
            self._running.stop()

    def _ran(self, process: LeashedProcess, tell: Callable[[str], None]) -> int:
        """Return the status of a process that is stopped when the task is."""
        self._running = process
        return process.run(tell, has_lost_its_supervisor)

    def _start(
        self, environment: dict[str, str], blank: Callable[[str], str]
    ) -> tuple[list[str], str, dict[str, str]]:
        """Return what runs dbt, in the words of the leash, its interpreter, and its variables."""
        if self.virtualenv is None:
            name = str(self._resolved(self.executable)) if "/" in self.executable else None
            words = program(self.invocation, name or self.executable, environment, self.log)
            return words, sys.executable, environment
        own = OwnPython(
            self.virtualenv,
            self._resolved,
            lambda line: self.log.info("%s", blank(line)),
            self._ran,
        )
        place = own.place(environment)
        python, dbt = str(place / "bin" / "python"), str(place / "bin" / "dbt")
        words = program(self.invocation, dbt, environment, self.log, python)
        return words, python, variables_of(place, environment, self.env)

    def _call(self, project: Path, scratch: Path) -> Call:
        """Return the call of dbt; later flags win over earlier ones."""
        options = option_words(self.command, self.options, self.option_forms)
        secrets = look_up(self.secrets)
        environment = child_environment(
            self._dag_folders(), self.env, options.environment, secrets
        )
        arguments = [*self.command, *_DEFAULT_FLAGS]
        for pair in self._resolved_paths().items():
            arguments += pair
        arguments += (*allowed_flags(self.flags, environment), *options.arguments)
        if self.vars:
            arguments += ("--vars", json.dumps(self.vars))
        parsed = [name for name in self.partial_parse if (project / name).is_file()]
        if parsed:
            arguments += ("--partial-parse-file-path", str(project / parsed[0]))
        hidden = [*secrets.values()]
        if self._profile is not None:
            arguments += self._profile.write(scratch)
            environment |= self._profile.variables
            hidden += self._profile.secrets
        arguments += ("--target-path", str(scratch / "target"))
        arguments += ("--log-path", str(scratch / "logs"))
        return Call(arguments, environment, tuple(hidden))

    def _dag_folders(self) -> tuple[str, ...]:
        return (dags_folder(), self.folder)

    def _resolved_paths(self) -> dict[str, str]:
        return {flag: str(self._resolved(path)) for flag, path in self.paths}

    def _resolved(self, path: str) -> Path:
        return Path(os.path.normpath(Path(self.folder) / path))
