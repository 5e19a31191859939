"""How to start a dbt command in the runtime of each mode, from the machine at hand.

A runtime that cannot be asked from here says why. Values that are Airflow templates are not known
here, so variables of the environment that hold one are left out, and named; secrets are taken from
the environment of `doctor` where it has them, and pass by their names alone.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from math import ceil
from types import MappingProxyType
from typing import Any, Final

from dagwright.doctor.environments import OTHERS, environments_folder, made_dbt
from dagwright.files import Files
from dagwright.pipeline import Compiled
from dagwright.plan.modes.containers import entrypoint
from dagwright.plan.modes.pods import CONTAINER, literal, pod_name
from dagwright.spec.model.execute import DockerKeys, LocalKeys, PodKeys, VirtualenvKeys
from dagwright.spec.model.execute.container import ContainerKeys, Volume
from dagwright.spec.model.execute.options import is_template

PLAIN: Final = "--no-use-colors"
ATTACHED: Final = ("--rm", "--stdin", "--quiet", "--restart=Never")


@dataclass(frozen=True, slots=True)
class Site:
    """The machine at hand: the loader file's folder, a scratch folder, variables, files."""

    loader: str
    scratch: str
    environment: Mapping[str, str]
    files: Files


@dataclass(frozen=True, slots=True)
class Launch:
    """A dbt command as a program of this machine.

    `target` is a folder of the runtime that dbt may write to; `left_out` are the variables of its
    environment whose values are not known here; `refusal` is the exit code of a program that could
    start no container. Where there is none, `probe` is a command that fails instead.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str | None = None
    target: str = ""
    left_out: tuple[str, ...] = ()
    refusal: int | None = None
    probe: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unaskable:
    """Why a runtime cannot be asked from here, and what to do."""

    why: str
    hint: str = field(default="look at the log of a first run")


@dataclass(frozen=True, slots=True)
class Asked:
    """A compiled spec, the keys of the mode that runs dbt, and the machine at hand."""

    compiled: Compiled
    keys: Any
    site: Site

    @property
    def mode(self) -> str:
        """The mode that runs dbt: for a watcher, its producer's."""
        return str(self.keys.mode)


def asked(compiled: Compiled, site: Site) -> Asked:
    """Return what is asked of the runtime of `compiled`."""
    execute = compiled.loaded.spec.execute
    return Asked(compiled, getattr(execute, "producer", execute), site)


def launch(about: Asked, words: Sequence[str]) -> Launch | Unaskable:
    """Return what starts the dbt command of these `words` where the tasks will run theirs."""
    runtime = RUNTIMES[about.mode]
    return runtime if isinstance(runtime, Unaskable) else runtime(about, words)


def _worker(about: Asked, words: Sequence[str]) -> Launch | Unaskable:
    keys: LocalKeys = about.keys
    return _here(about, words, keys.dbt_executable)


def _virtualenv(about: Asked, words: Sequence[str]) -> Launch | Unaskable:
    """Return the dbt of the environment, as soon as there is one on this machine."""
    keys: VirtualenvKeys = about.keys
    program = None if keys.prebuilt is None else posixpath.join(keys.prebuilt, "bin", "dbt")
    if program is None and about.compiled.lock is not None:
        site = about.site
        folder = environments_folder(keys, site.loader, site.environment)
        program = made_dbt(keys, about.compiled.lock, folder, site.files)
        if program is None:
            return Unaskable(
                f"{folder} has no environment of this lock yet",
                "the first task of a worker makes it: ask there, after it has run",
            )
    started = _here(about, words, program or "dbt")
    stated = about.compiled.loaded.spec.execute.env
    own = {
        name: text
        for name, text in started.environment.items()
        if name not in OTHERS or name in stated
    }
    return replace(started, environment=own)


def _here(about: Asked, words: Sequence[str], program: str) -> Launch:
    """Return dbt as a program of this machine; relative paths start at the loader's folder."""
    site = about.site
    known, left_out = _environment(about)
    secrets = [name for name in _secrets(about) if name not in site.environment]
    program = posixpath.join(site.loader, program) if "/" in program else program
    paths = about.compiled.plan.command.paths
    here = {path: posixpath.normpath(posixpath.join(site.loader, path)) for path in paths.values()}
    return Launch(
        (program, PLAIN, *(here.get(word, word) for word in words)),
        {**site.environment, **known},
        folder=here[paths["--project-dir"]],
        target=site.scratch,
        left_out=(*left_out, *secrets),
    )


def _docker(about: Asked, words: Sequence[str]) -> Launch | Unaskable:
    keys: DockerKeys = about.keys
    if is_template(keys.image):
        return Unaskable("the image is a template that Airflow fills in")
    known, left_out = _environment(about)
    secrets = _secrets(about)
    here = [name for name in secrets if name in about.site.environment]
    options = [f"--env={name}={text}" for name, text in known.items()]
    options += [f"--env={name}" for name in here]
    options += [f"--mount={_mount(volume)}" for volume in keys.volumes]
    options += [] if keys.network is None else [f"--network={keys.network}"]
    options += [*_arguments(keys)]
    folder = keys.working_dir or about.compiled.plan.command.paths["--project-dir"]
    options += [] if is_template(folder) else [f"--workdir={folder}"]
    program, arguments = _command(keys, words)
    options += [] if program is None else [f"--entrypoint={program}"]
    daemon = () if keys.docker_url is None else (f"--host={keys.docker_url}",)
    return Launch(
        ("docker", *daemon, "run", "--rm", *options, keys.image, *arguments),
        about.site.environment,
        target=keys.target_path,
        left_out=(*left_out, *(name for name in secrets if name not in here)),
        refusal=125,
    )


_OPTIONS: Final = MappingProxyType(
    {
        "cap_add": "--cap-add",
        "dns": "--dns",
        "dns_search": "--dns-search",
        "hostname": "--hostname",
        "ipc_mode": "--ipc",
        "user": "--user",
    }
)
"""By argument of the operator: the option of `docker run` that says the same."""


def _arguments(keys: DockerKeys) -> Iterator[str]:
    """Yield the options for what `operator_args` says about the container."""
    for name, option in _OPTIONS.items():
        value = keys.operator_args.get(name, ())
        yield from (f"{option}={one}" for one in ([value] if isinstance(value, str) else value))
    if keys.operator_args.get("privileged"):
        yield "--privileged"
    for name, address in keys.operator_args.get("extra_hosts", {}).items():
        yield f"--add-host={name}:{address}"


def _command(keys: ContainerKeys, words: Sequence[str]) -> tuple[str | None, list[str]]:
    """Return the entrypoint, None for the image's own, and the arguments that it gets."""
    replaced = entrypoint(keys)
    dbt = [] if keys.entrypoint == "dbt" else ["dbt"]
    if replaced is None:
        return None, [*dbt, PLAIN, *words]
    return replaced[0], [*replaced[1:], *dbt, PLAIN, *words]


def _mount(volume: Volume) -> str:
    """Return a volume in the words of `docker run --mount`."""
    kinds = {"bind": volume.host, "volume": volume.volume}
    kind = next((kind for kind, source in kinds.items() if source is not None), "tmpfs")
    source = [f"source={kinds[kind]}"] if kind in kinds else []
    read_only = ["readonly"] if volume.read_only else []
    return ",".join([f"type={kind}", *source, f"target={volume.mount}", *read_only])


def _pod(about: Asked, words: Sequence[str]) -> Launch | Unaskable:
    """Return what runs a pod like those of the tasks in the cluster that `kubectl` talks to."""
    keys: PodKeys = about.keys
    if is_template(keys.image) or is_template(keys.namespace):
        return Unaskable("the image or the namespace is a template that Airflow fills in")
    manifest = deepcopy(_manifest(about.compiled))
    containers = manifest["spec"]["containers"]
    dbt = next(one for one in containers if one["name"] == CONTAINER)
    argv = [*([] if keys.entrypoint == "dbt" else ["dbt"]), PLAIN, *words]
    dbt["args"] = [*map(literal, argv)]
    env = dbt.pop("env", [])
    dbt["env"] = [one for one in env if not is_template(one.get("value", ""))]
    left_out = tuple(one["name"] for one in env if one not in dbt["env"])
    # The first container is the one whose output is told.
    manifest["spec"]["containers"] = [dbt, *(one for one in containers if one is not dbt)]
    override = {"apiVersion": "v1", "spec": manifest["spec"]}
    # One that was asked before may still be going.
    name = pod_name(f"dagwright-doctor-{about.site.scratch[-8:]}-{' '.join(words[:1])}")
    namespace, patience = f"--namespace={keys.namespace}", f"{ceil(keys.startup_timeout)}s"
    return Launch(
        (
            *("kubectl", "run", name, namespace, f"--image={keys.image}", *ATTACHED),
            *(f"--pod-running-timeout={patience}", f"--overrides={json.dumps(override)}"),
        ),
        about.site.environment,
        target=keys.target_path,
        left_out=left_out,
        probe=("kubectl", "auth", "can-i", "create", "pods", namespace),
    )


def _manifest(compiled: Compiled) -> dict[str, Any]:
    """Return the manifest that the tasks of the plan share."""
    shared = compiled.plan.defaults.values()
    made = (one["pod_template_dict"] for one in shared if "pod_template_dict" in one)
    manifest: dict[str, Any] = next(made)
    return manifest


def _environment(about: Asked) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the variables whose values are known here, and the names of the others."""
    env = about.compiled.loaded.spec.execute.env
    known = {name: text for name, text in env.items() if not is_template(text)}
    return known, tuple(name for name in env if name not in known)


def _secrets(about: Asked) -> tuple[str, ...]:
    return tuple(getattr(about.keys, "secrets", {}))


_BY_JOB: Final = "its tasks run what a job in the cloud is defined as, and what it holds is there"

RUNTIMES: Final[Mapping[str, Unaskable | Callable[[Asked, Sequence[str]], Launch | Unaskable]]] = (
    MappingProxyType(
        {
            "local": _worker,
            "virtualenv": _virtualenv,
            "airflow_async": _worker,
            "docker": _docker,
            "kubernetes": _pod,
            "aws_eks": _pod,
            "gcp_gke": _pod,
            "aws_ecs": Unaskable(_BY_JOB, "`aws ecs run-task` starts one by hand"),
            "azure_container_instance": Unaskable(
                "a container group is made for each command, and is paid for",
                "`docker` on this machine runs the same image: ask an environment of that mode",
            ),
            "gcp_cloud_run_job": Unaskable(
                _BY_JOB, "`gcloud run jobs execute` starts one by hand"
            ),
        }
    )
)
"""By the mode that runs dbt: how it is asked, or why it cannot be."""
