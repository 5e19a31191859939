"""The server side of Kubernetes 1.20.2, built from Debian's own source package.

Debian packages no API server, but the source package of its `kubectl` is the whole tree, with all
that it depends on; Debian's Go builds it without a network. That takes twenty minutes of two busy
cores, once: the programs are kept.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from debian import CACHE, require

PROGRAMS = ("kube-apiserver", "kube-scheduler", "kubelet")
VERSION = "1.20.2"
SUITE = "bookworm"
"""The release of Debian whose package has the whole tree: later ones have `kubectl` alone."""

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
TOOLS = {"go": "golang-go", "make": "make", "rsync": "rsync", "dpkg-source": "dpkg-dev"}
CONFIGURATION = """\
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "{folder}/lists";
Dir::Cache "{folder}/cache";
"""


def kubernetes_programs() -> Path:
    """Return the folder with `PROGRAMS`, which are built now if they are not there."""
    folder = CACHE / f"kubernetes-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if missing := [name for name in PROGRAMS if not (folder / name).exists()]:
            for program, package in TOOLS.items():
                require(program, package)
            with tempfile.TemporaryDirectory(prefix="kubernetes") as scratch:
                _build(_source(Path(scratch)), Path(scratch), missing, folder)
    return folder


def _source(scratch: Path) -> Path:
    """Return the folder of the source, from the mirror that this machine takes packages from."""
    apt = scratch / "apt"
    for name in ("lists/partial", "cache/archives/partial"):
        (apt / name).mkdir(parents=True)
    mirror = _mirror()
    line = f"deb-src [signed-by={KEYRING}] {mirror} {SUITE} main\n"
    (apt / "sources.list").write_text(line, encoding="utf-8")
    configuration = apt / "apt.conf"
    configuration.write_text(CONFIGURATION.format(folder=apt), encoding="utf-8")
    scratch.chmod(0o1777)  # apt's own account writes there.
    environment = {**os.environ, "APT_CONFIG": str(configuration), "TMPDIR": str(scratch)}
    for words in (["update"], ["source", f"kubernetes/{SUITE}"]):
        _run(["apt-get", "-qq", *words], scratch, environment)
    (made,) = scratch.glob("kubernetes-1.*/")
    return made


def _mirror() -> str:
    """Return the address of Debian's main archive as the machine's own sources have it."""
    folder = Path("/etc/apt")
    places = [folder / "sources.list", *sorted(folder.glob("sources.list.d/*.*"))]
    for place in places:
        if place.suffix in {".list", ".sources"} and place.exists():
            text = place.read_text(encoding="utf-8")
            found = re.search(
                r"^(?:deb |URIs:)[^\n]*?(https?://\S+/debian)/?(?=\s)", text, re.MULTILINE
            )
            if found is not None:
                return found[1]
    pytest.skip("this machine has no mirror of Debian, whose source package is to be built")


def _build(source: Path, scratch: Path, programs: list[str], folder: Path) -> None:
    inner = source / ".go/src/k8s.io"
    inner.mkdir(parents=True)
    (inner / "kubernetes").symlink_to(source)
    (scratch / "home").mkdir()
    environment = {
        **os.environ,
        "HOME": str(scratch / "home"),
        "GOCACHE": str(scratch / "gocache"),
        "GOPATH": str(source / ".go"),
        "GOFLAGS": "-mod=vendor",
        "GOPROXY": "off",
        "CGO_ENABLED": "0",
        "KUBE_GIT_VERSION": f"v{VERSION}",
        "KUBE_GIT_COMMIT": "debian",
        "KUBE_GIT_TREE_STATE": "archive",
        "KUBE_GIT_MAJOR": "1",
        "KUBE_GIT_MINOR": "20",
    }
    _run(["make", "generated_files"], source, environment)
    for name in programs:
        _run(["make", f"WHAT=cmd/{name}", "GOLDFLAGS=-s -w"], source, environment)
        partial = folder / f"{name}.part"
        shutil.copy(source / "_output/bin" / name, partial)
        partial.rename(folder / name)


def _run(argv: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        argv, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{argv}\n{(done.stdout + done.stderr)[-8000:]}"
