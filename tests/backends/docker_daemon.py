"""A Docker daemon of the tests' own, and an image with dbt that came from no registry.

The daemon is Debian's `docker.io`, installed by apt where root runs the tests and it is missing.
It has its own socket and its own data, touches no network, and is stopped by its process id. The
image is made of this machine's Python and of a virtual environment with dbt-duckdb, and kept with
the data of the daemon: a second run finds it there.

Where Docker is not installed, or may start nothing, what needs it is skipped with the reason.
DAGWRIGHT_INSTALL in the environment has it installed first. So does DAGWRIGHT_TEST_DOCKER, with
which nothing is skipped.
"""

from __future__ import annotations

import fcntl
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import docker
import pytest

from debian import CACHE, require, search_path

IMAGE = "dagwright-dbt"
"""The name of the image; dbt, dbt-duckdb and dbt-postgres are in it."""

LOCK = Path(__file__).with_name("requirements.txt")
MUST = "DAGWRIGHT_TEST_DOCKER" in os.environ
MAY_INSTALL = MUST or "DAGWRIGHT_INSTALL" in os.environ
PROGRAMS = ("sh", "cat", "ls", "sleep", "env", "id", "mkdir", "cp", "rm", "uname")
RUNTIME = """\
#!/bin/sh
# runc, where no process may lower its oom_score_adj: a negative one becomes 0.
bundle= ; last=
for word in "$@"; do case "$last" in --bundle|-b) bundle=$word ;; esac; last=$word; done
if [ -n "$bundle" ] && [ -f "$bundle/config.json" ]; then
  sed -i 's/"oomScoreAdj":-[0-9]*/"oomScoreAdj":0/' "$bundle/config.json"
fi
exec {runc} "$@"
"""


@dataclass(frozen=True, slots=True)
class Daemon:
    """A running daemon with the image in it."""

    url: str
    image: str
    connected: docker.DockerClient

    def client(self) -> docker.DockerClient:
        return self.connected


@contextmanager
def running_daemon() -> Iterator[Daemon]:
    """Run the daemon until the end of the block; one at a time, others wait."""
    if os.geteuid() != 0:
        _without_docker("only root can start a Docker daemon")
    _require_dockerd()
    root = CACHE / "docker"
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as lock, tempfile.TemporaryDirectory(prefix="dd") as run:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = _start(root, Path(run))
        try:
            url = f"unix://{run}/docker.sock"
            _wait(process, url, root / "log")
            with closing(docker.DockerClient(base_url=url)) as client:
                _remove_left(client)
                daemon = Daemon(url, _image(client), client)
                _try_a_container(daemon)
                yield daemon
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
            _unmount(Path(run, "exec/netns/default"))


def _remove_left(client: docker.DockerClient) -> None:
    """Remove the containers of tests that were killed: the data of the daemon is kept."""
    for container in client.containers.list(all=True):
        container.remove(force=True)


def _unmount(place: Path) -> None:
    """Let go of what a container with `network: host` leaves mounted."""
    if place.exists():
        subprocess.run(["umount", str(place)], check=True)


def _without_docker(reason: str) -> NoReturn:
    """Fail where Docker must be there; else skip what needs it."""
    if MUST:
        pytest.fail(reason)
    pytest.skip(reason)


def _require_dockerd() -> None:
    if shutil.which("dockerd", path=search_path()) is None and not MAY_INSTALL:
        _without_docker("docker.io is not installed; `make test-docker` installs it")
    try:
        require("dockerd", "docker.io", "iptables")
    except AssertionError as error:  # There is no way to the packages.
        _without_docker(f"docker.io cannot be installed: {error}")
    if shutil.which("dockerd", path=search_path()) is None:
        _without_docker("docker.io is installed, and there is no dockerd")


def _try_a_container(daemon: Daemon) -> None:
    """Give up where the daemon runs, but may start nothing: it lacks cgroups, or namespaces."""
    try:
        daemon.client().containers.run(
            daemon.image, ["-c", "exit 0"], entrypoint="sh", network_mode="none", remove=True
        )
    except docker.errors.DockerException as error:
        _without_docker(f"Docker runs no container here: {error}")


def _start(root: Path, run: Path) -> subprocess.Popen[bytes]:
    runtime = root / "runtime"
    runc = shutil.which("runc", path=search_path())
    runtime.write_text(RUNTIME.format(runc=runc), encoding="utf-8")
    runtime.chmod(0o755)
    off = ("--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false")
    with (root / "log").open("wb") as log:
        return subprocess.Popen(
            [
                *("dockerd", f"--host=unix://{run}/docker.sock", f"--data-root={root}/data"),
                *(f"--exec-root={run}/exec", f"--pidfile={run}/pid", "--bridge=none", *off),
                *(f"--add-runtime=tests={runtime}", "--default-runtime=tests"),
            ],
            env={**os.environ, "PATH": search_path()},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(600):
        if _answers(url):
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    told = log.read_text(encoding="utf-8").splitlines()[-3:]
    _without_docker(f"no Docker daemon runs here: {' / '.join(told)}")


def _answers(url: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:  # Docker's client leaves one open if it fails.
        if probe.connect_ex(url.removeprefix("unix://")):
            return False
    try:
        with closing(docker.DockerClient(base_url=url)) as client:
            return bool(client.ping())
    except docker.errors.DockerException:
        return False


def _image(client: docker.DockerClient) -> str:
    """Return the name of the image, made now if the daemon has none of these versions."""
    pins = _pins()
    tag = "-".join(pin.partition("==")[2] for pin in pins)
    name = f"{IMAGE}:{tag}-py{sys.version_info.major}.{sys.version_info.minor}"
    if not client.images.list(name=name):
        with tempfile.TemporaryDirectory() as folder:
            _import(client, Path(folder), pins, name)
    return name


def tiny_image(daemon: Daemon) -> str:
    """Return the name of an image with a shell and no dbt."""
    name = f"{IMAGE}-without:1"
    client = daemon.client()
    if not client.images.list(name=name):
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / "rootfs.tar"
            with tarfile.open(archive, "w") as tar:
                _add_programs(tar, [])
            repository, _, tag = name.partition(":")
            client.api.import_image_from_file(str(archive), repository=repository, tag=tag)
    return name


def _pins() -> list[str]:
    """Return what the image has of what the tests have, in the same versions."""
    text = LOCK.read_text(encoding="utf-8")
    wanted = ("dbt-core", "dbt-duckdb", "dbt-postgres")
    return [_only(rf"^({name}==\S+)", text) for name in wanted]


def _only(pattern: str, text: str) -> str:
    (found,) = re.findall(pattern, text, re.MULTILINE)
    return str(found)


def _import(client: docker.DockerClient, folder: Path, pins: list[str], name: str) -> None:
    environment = folder / "dbt"
    uv = shutil.which("uv", path=f"{_venv_bins()}{os.pathsep}{search_path()}")
    assert uv is not None, "uv is part of .venv"
    python = os.path.realpath(sys.executable)
    for words in (
        ["venv", "--quiet", "--python", python, str(environment)],
        ["pip", "install", "--quiet", "--compile-bytecode", "--python", str(environment), *pins],
    ):
        subprocess.run([uv, *words], check=True)
    archive = folder / "rootfs.tar"
    with tarfile.open(archive, "w") as tar:
        _fill(tar, environment, Path(python))
    changes = ["ENV PATH=/dbt-venv/bin:/usr/bin:/bin", "ENV DBT_SEND_ANONYMOUS_USAGE_STATS=False"]
    repository, _, tag = name.partition(":")
    client.api.import_image_from_file(
        str(archive), repository=repository, tag=tag, changes=changes
    )


def _venv_bins() -> str:
    root = Path(__file__).parents[2]
    return os.pathsep.join((str(root / ".venv/bin"), str(Path(sys.executable).parent)))


def _fill(tar: tarfile.TarFile, environment: Path, python: Path) -> None:
    """Write the file system: Python and the environment, and the libraries that they need."""
    home = python.parents[1]
    for where in ("tmp", "etc", "root", "proc", "sys", "dev", "dbt"):
        folder = tarfile.TarInfo(where)
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777 if where == "tmp" else 0o755
        tar.addfile(folder)
    _add_text(tar, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\ndbt:x:1000:1000::/tmp:/bin/sh\n")
    _add_text(tar, "etc/group", "root:x:0:\ndbt:x:1000:\n")
    _add_text(tar, "etc/hosts", "127.0.0.1 localhost\n")
    _add_text(tar, "etc/profile", "PATH=/dbt-venv/bin:/usr/bin:/bin\nexport PATH\n")
    tar.add(home, f".{home}", filter=_without(f".{home}", "test", "__pycache__", "site-packages"))
    _name_its_new_place(environment)
    tar.add(environment, "dbt-venv")
    binaries = [
        python,
        *(path for root in (home, environment) for path in root.rglob("*.so*") if path.is_file()),
    ]
    _add_programs(tar, binaries, there=(f"{home}/", f"{environment}/"))


def _add_programs(
    tar: tarfile.TarFile, binaries: Sequence[Path], there: tuple[str, ...] = ()
) -> None:
    """Add a shell and its like, and the libraries of `binaries` that are not `there` already."""
    found = {name: shutil.which(name, path="/bin:/usr/bin") for name in PROGRAMS}
    for name, path in found.items():
        assert path is not None, name
        _add_file(tar, Path(path), f"bin/{name}")
    needing = [*binaries, *(Path(path) for path in found.values() if path)]
    for library in sorted({library for binary in needing for library in _libraries(binary)}):
        if not library.startswith(there or ("//",)):
            _add_file(tar, Path(library), f".{library}")


def _without(root: str, *names: str):
    def kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        inner = member.name.removeprefix(root.lstrip("./")).split("/")
        return None if set(inner) & set(names) or member.name.endswith(".a") else member

    return kept


def _name_its_new_place(environment: Path) -> None:
    """Let the scripts of `environment` start the Python that it has at /dbt-venv."""
    for script in (environment / "bin").iterdir():
        if script.is_file() and not script.is_symlink():
            script.write_bytes(script.read_bytes().replace(bytes(environment), b"/dbt-venv"))


def _libraries(binary: Path) -> list[str]:
    done = subprocess.run(["ldd", str(binary)], capture_output=True, text=True, check=False)
    return [path for path in re.findall(r"(/\S+\.so\S*)", done.stdout) if Path(path).exists()]


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(text.encode()), 0o644
    tar.addfile(member, io.BytesIO(text.encode()))


def _add_file(tar: tarfile.TarFile, path: Path, name: str) -> None:
    member = tar.gettarinfo(os.path.realpath(path), name)
    with Path(os.path.realpath(path)).open("rb") as file:
        tar.addfile(member, file)
