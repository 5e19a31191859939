"""Virtual environments that are made from a lock, once, by whichever task needs one first.

Below the folder of environments, for each lock, Python and platform (`KEY`; a Python is where it
lies, so that machines which share a folder and keep theirs elsewhere leave each other's alone):

    KEY            a link to the environment, which appears when all of it is there
    KEY.RANDOM     an environment: the one that the link names, or one that is being made
    KEY.lock       held by who makes it, and by every process that helps

An environment is made where it will stay, since the paths of its own folder are written into
its programs; what is put in place by a rename is the link. So a reader needs no lock: there is a
link, or there is none. A builder that is killed loses the lock to the kernel, when the last of
its processes is gone, and who has the lock next removes what it left.
"""

from __future__ import annotations

import errno
import fcntl
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote
from uuid import uuid4

FOLDER_VARIABLE: Final = "DAGWRIGHT_VENV_DIR"
"""The worker's variable for the folder of environments, where the spec names none."""

_LOCK_FILE: Final = "requirements.lock"
_FIRST_LINES: Final = 200
_LAST_LINES: Final = 50
_QUOTED_LINES: Final = 6
_SECRET_NAME: Final = re.compile(r"PASSWORD|TOKEN|SECRET|CREDENTIAL", re.IGNORECASE)
_USER_OF_ADDRESS: Final = re.compile(r"(\w+://)[^/\s@]+@")
_PASSWORD_OF_ADDRESS: Final = re.compile(r"\w+://[^/\s@:]*:([^/\s@]+)@")
_SHORTEST_SECRET: Final = 4
_VERSION: Final = re.compile(r"\d+\.\d+")
_NOT_THE_LOCKED: Final = re.compile(r"hash(es)? mismatch|do not match the hashes", re.IGNORECASE)
"""What uv and pip say of a package whose hash is not that of the lock."""
_WOULD_MISLEAD: Final = frozenset(
    {
        *("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"),
        *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_CONSTRAINT", "PIP_REQUIREMENT"),
        *("UV_SYSTEM_PYTHON", "UV_PYTHON", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE"),
        *("UV_BUILD_CONSTRAINT", "UV_PROJECT_ENVIRONMENT", "UV_NO_VERIFY_HASHES"),
    }
)
"""Variables of a worker by which pip and uv install elsewhere, or other than the lock says."""


class VirtualenvError(Exception):
    """There is no environment to run in; the sentence says why, and what to do."""


class Run(Protocol):
    """Runs one command to its end, told line by line; the group holds the file `keep` open."""

    def __call__(self, argv: Sequence[str], tell: Callable[[str], None], keep: int) -> int:
        """Return the exit status of `argv`."""
        ...


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python of this worker, and its kind, such as `cpython-311`."""

    path: str
    tag: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """The environment that a task wants.

    `lock` names every package of it with its version and its hashes, as pip and uv read them.
    `python` is a version (`3.11`), the path of an interpreter, or nothing, for the one that runs
    this.
    """

    lock: str
    python: str | None
    folder: Path

    @property
    def digest(self) -> str:
        """The digest of the lock, in hexadecimal."""
        return sha256(self.lock.encode()).hexdigest()


def virtualenv(
    wanted: Wanted, environment: Mapping[str, str], tell: Callable[[str], None], run: Run
) -> Path:
    """Return the folder of the environment; one of all who ask at once makes it.

    Args:
        wanted: what must be in it, and where environments lie.
        environment: the variables of the programs that make it: PATH, and where packages are.
        tell: is told what happens, and what those programs print: bounded, without passwords.
        run: starts those programs.

    Raises:
        VirtualenvError: it cannot be made.
    """
    interpreter = find_interpreter(wanted.python, environment)
    place = wanted.folder / f"{wanted.digest[:16]}-{_kind(interpreter)}"
    if _is_ready(place):
        return place

    def run_masked(argv: Sequence[str], tell: Callable[[str], None], keep: int) -> int:
        return run(argv, _masked(tell, environment), keep)

    try:
        wanted.folder.mkdir(parents=True, exist_ok=True)
        with _locked(place.with_name(f"{place.name}.lock"), tell) as lock:
            if not _is_ready(place):
                _sweep(place)
                try:
                    build = _Build(place, interpreter, wanted.lock, lock)
                    _publish(place, _built(build, environment, tell, run_masked))
                    tell("The virtual environment is ready.")
                finally:
                    _sweep(place)
    except OSError as error:
        raise VirtualenvError(_unusable(wanted.folder, error)) from error
    return place


def default_folder(environment: Mapping[str, str]) -> Path:
    """Return where environments lie if nothing says so: in the cache of the user.

    Raises:
        VirtualenvError: the user has no home, as containers have users that nobody knows.
    """
    if named := environment.get(FOLDER_VARIABLE):
        return Path(named)
    cache = environment.get("XDG_CACHE_HOME")
    try:
        return Path(cache or Path.home() / ".cache", "dagwright", "venvs")
    except RuntimeError:
        raise VirtualenvError(
            "the user of this worker has no home for virtual environments: name a folder as "
            f"`execute.venv_dir`, or by {FOLDER_VARIABLE} on the worker"
        ) from None


def environment_of(place: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return `environment` for programs of the environment at `place`: its own come first.

    Modules of another Python, which these variables would add, are left out.
    """
    kept = {
        name: text
        for name, text in environment.items()
        if name not in {"PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"}
    }
    path = f"{place / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return {**kept, "VIRTUAL_ENV": str(place), "PATH": path}


def find_interpreter(python: str | None, environment: Mapping[str, str]) -> Interpreter:
    """Return the interpreter that `python` names, and its kind.

    Raises:
        VirtualenvError: this worker has none, or it does not run.
    """
    own = Interpreter(sys.executable, sys.implementation.cache_tag)
    version = ".".join(map(str, sys.version_info[:2]))
    if python is None or python == version:
        return own
    if "/" in python:
        return Interpreter(python, _asked(python))
    if not _VERSION.fullmatch(python):
        raise VirtualenvError(f"`python: {python}` is neither a version, as 3.11, nor a path")
    found = shutil.which(f"python{python}", path=environment.get("PATH"))
    found = found or _found_by_uv(python, environment)
    if found is None:
        raise VirtualenvError(
            f"Python {python} is not on this worker: there is no `python{python}` on its PATH. "
            "Install it, or give a path as `execute.python`."
        )
    return Interpreter(found, _asked(found))


def _asked(path: str) -> str:
    """Return the kind of the interpreter at `path`, from itself."""
    argv = [path, "-I", "-S", "-c", "import sys; print(sys.implementation.cache_tag)"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise VirtualenvError(f"the Python {path} does not run on this worker: {error}") from error
    return done.stdout.strip()


def _found_by_uv(version: str, environment: Mapping[str, str]) -> str | None:
    uv = _uv(environment)
    if uv is None:
        return None
    argv = [*uv, "python", "find", "--no-python-downloads", "--no-project", version]
    try:
        done = subprocess.run(  # noqa: S603 (uv, by its full path)
            argv, env=dict(environment), capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _uv(environment: Mapping[str, str]) -> list[str] | None:
    """Return what starts uv: the program on the PATH, or the module beside Airflow."""
    if found := shutil.which("uv", path=environment.get("PATH")):
        return [found]
    return [sys.executable, "-m", "uv"] if importlib.util.find_spec("uv") else None


def _kind(interpreter: Interpreter) -> str:
    """Return what an environment is bound to beside its lock: system, machine, libc, Python."""
    words = [interpreter.tag, sys.platform, platform.machine().lower()]
    with suppress(ValueError, OSError, AttributeError):
        words.append((os.confstr("CS_GNU_LIBC_VERSION") or "").replace(" ", ""))
    words.append(sha256(os.path.realpath(interpreter.path).encode()).hexdigest()[:6])
    return "-".join(word for word in words if word)


def _is_ready(place: Path) -> bool:
    """Return whether the environment is there, and its Python too, which it only links to."""
    return all(os.access(place / "bin" / name, os.X_OK) for name in ("python", "dbt"))


@contextmanager
def _locked(path: Path, say: Callable[[str], None]) -> Iterator[int]:
    """Yield the open lock file, held by this process and by those that inherit it."""
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another task makes the virtual environment. Waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def _sweep(place: Path) -> None:
    """Remove what builders left that did not end well, and an environment without its Python."""
    current = place.readlink().name if _is_ready(place) and place.is_symlink() else None
    if current is None and place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)  # A copy that followed links, and broke.
    for left in place.parent.glob(f"{place.name}.*"):
        if left.name == current:
            continue
        if left.suffix == ".link":
            left.unlink(missing_ok=True)
        elif left.suffix != ".lock":
            shutil.rmtree(left, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Build:
    """One attempt to make the environment that `place` will link to."""

    place: Path
    interpreter: Interpreter
    text: str
    lock: int


def _built(
    build: _Build, environment: Mapping[str, str], say: Callable[[str], None], run: Run
) -> Path:
    """Return the folder of a whole environment."""
    made = build.place.with_name(f"{build.place.name}.{uuid4().hex[:8]}")
    say(f"Making the virtual environment {build.place}, once for all tasks.")
    empty, fill = _commands(made, build.interpreter, environment)
    _ran(empty, say, run, build.lock)
    (made / _LOCK_FILE).write_text(build.text, encoding="utf-8")
    _ran(fill, say, run, build.lock)
    if not (made / "bin" / "dbt").exists():
        raise VirtualenvError("the locked packages install no program called dbt")
    return made


def _ran(argv: list[str], say: Callable[[str], None], run: Run, lock: int) -> None:
    printed = _Bounded(say)
    status = run(argv, printed, lock)
    printed.end()
    if status != 0:
        raise VirtualenvError(
            f"the virtual environment could not be made{printed.reason}; "
            f"{Path(argv[0]).name} exited with {status}, and its last lines are:\n{printed.quoted}"
        )


def _commands(
    made: Path, interpreter: Interpreter, environment: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Return what makes an empty environment, and what fills it: uv if it is there, else pip."""
    python, lock = str(made / "bin" / "python"), str(made / _LOCK_FILE)
    exact = ["--require-hashes", "--no-deps", "--requirement", lock]
    if (uv := _uv(environment)) is not None:
        new = ["venv", "--no-project", "--no-python-downloads", "--python", interpreter.path]
        fill = ["pip", "install", "--python", python, "--compile-bytecode", *exact]
        return [*uv, *new, str(made)], [*uv, *fill]
    quiet = ["--no-input", "--no-color", "--disable-pip-version-check"]
    fill = [python, "-m", "pip", "install", *quiet, *exact]
    return [interpreter.path, "-m", "venv", str(made)], fill


def builder_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return `environment` for the programs that make one: all goes there, and just the lock."""
    kept = {name: text for name, text in environment.items() if name not in _WOULD_MISLEAD}
    return {**kept, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}


def _publish(place: Path, made: Path) -> None:
    """Let `place` be the environment `made`, in one step."""
    link = place.with_name(f"{place.name}.{uuid4().hex[:8]}.link")
    link.symlink_to(made.name)
    link.replace(place)


class _Bounded:
    """Tells the first lines and the last ones, and how many are left out between them."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._count = 0
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._quoted: deque[str] = deque(maxlen=_QUOTED_LINES)
        self._other_package = False

    def __call__(self, line: str) -> None:
        self._count += 1
        self._other_package |= bool(_NOT_THE_LOCKED.search(line))
        if line.strip():
            self._quoted.append(line)
        if self._count <= _FIRST_LINES:
            self._tell(line)
        else:
            self._last.append(line)

    @property
    def quoted(self) -> str:
        """What was printed last."""
        return "\n".join(self._quoted)

    @property
    def reason(self) -> str:
        """Why the program failed, as far as its output says so for sure."""
        if not self._other_package:
            return ""
        return ": a package is not the one that was locked (`compile --upgrade-lock` locks anew)"

    def end(self) -> None:
        left_out = self._count - _FIRST_LINES - len(self._last)
        if left_out > 0:
            self._tell(f"[{left_out} lines left out]")
        for line in self._last:
            self._tell(line)


def _masked(tell: Callable[[str], None], environment: Mapping[str, str]) -> Callable[[str], None]:
    """Return `tell` without what is secret in `environment`, and without users in addresses."""
    found = {text for name, text in environment.items() if _SECRET_NAME.search(name)}
    for text in environment.values():
        found.update(unquote(password) for password in _PASSWORD_OF_ADDRESS.findall(text))
    secrets = sorted((one for one in found if len(one) >= _SHORTEST_SECRET), key=len)

    def told(line: str) -> None:
        for secret in reversed(secrets):
            line = line.replace(secret, "***")
        tell(_USER_OF_ADDRESS.sub(r"\1***@", line))

    return told


def _unusable(folder: Path, error: OSError) -> str:
    hint = "name another folder as `execute.venv_dir`"
    if error.errno == errno.ENOLCK:
        hint = "its file system has no locks: name a local folder as `execute.venv_dir`"
    return f"{folder} cannot hold virtual environments: {error.strerror or error}; {hint}"
