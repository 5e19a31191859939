"""A folder of packages that install in no time, one of which brings a program called dbt."""

from __future__ import annotations

import base64
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Final

DBT: Final = """\
import sys

def main():
    import platform
    print("small dbt", platform.python_version(), sys.prefix, *sys.argv[1:])
"""


def make_wheels(folder: Path) -> str:
    """Return a lock, with hashes, of the packages that it puts into `folder`."""
    folder.mkdir(parents=True)
    entry = "[console_scripts]\ndbt = small_dbt:main\n"
    wheels = [
        make_wheel(folder, "dbt_core", "1.99.0", {"small_dbt.py": DBT}, entry),
        make_wheel(folder, "dbt_little", "0.1", {"little.py": "SIZE = 1\n"}),
    ]
    lines = [
        f"{name}=={version} \\\n    --hash=sha256:{sha256(path.read_bytes()).hexdigest()}\n"
        for name, version, path in wheels
    ]
    return "".join(lines)


def make_wheel(
    folder: Path, name: str, version: str, modules: dict[str, str], entry: str = ""
) -> tuple[str, str, Path]:
    """Return the name, the version and the file of a package that it puts into `folder`."""
    info = f"{name}-{version}.dist-info"
    files = {
        **modules,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if entry:
        files[f"{info}/entry_points.txt"] = entry
    record = "".join(
        f"{path},sha256={_digest(text)},{len(text.encode())}\n" for path, text in files.items()
    )
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return name.replace("_", "-"), version, wheel


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()
