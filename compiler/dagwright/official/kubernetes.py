"""Manifests of pods against the schemas that Kubernetes publishes, from `kubernetes-validate`.

The package holds them for the last dozen versions. They are read here, and not by its function,
which stops at the first fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from dagwright.official.fault import Fault
from dagwright.text.near import near_miss

PACKAGE: Final = "kubernetes_validate"
MANIFEST: Final = "pod_template_dict"
"""The argument of the operators that is a manifest."""
_FOLDER: Final = re.compile(r"v(\d+)\.(\d+)\.\d+-local-strict")

Version = tuple[int, int]


def pod_faults(arguments: Mapping[str, Any], version: Version | None = None) -> Iterator[Fault]:
    """Yield what Kubernetes has against the manifest of a pod; `version` is a known one.

    It is the newest if not given. Paths start in the manifest.
    """
    if MANIFEST not in arguments:  # A helper of a watcher.
        return
    version = version or known_versions()[-1]
    for error in _validator(version).iter_errors(manifest_of(arguments)):
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            for name in error.instance:
                if name not in known:
                    problem = f"is no field of Kubernetes {called(version)}"
                    yield Fault((*path, name), problem, near_miss(name, known) or "")
        elif error.validator == "type":
            kinds = [error.validator_value] if isinstance(error.validator_value, str) else None
            wanted = " or ".join(kinds or [one for one in error.validator_value if one != "null"])
            yield Fault(path, f"is of type {wanted}, and this is none")
        else:
            yield Fault(path, error.message[:200])


def manifest_of(arguments: Mapping[str, Any]) -> Any:
    """Return the manifest among the operator's arguments, as JSON reads it: with lists."""
    return json.loads(json.dumps(arguments[MANIFEST]))


def known_versions() -> list[Version]:
    """Return the versions of Kubernetes whose schemas are there, the oldest first."""
    folders = (one.name for one in files(PACKAGE).joinpath("kubernetes-json-schema").iterdir())
    found = (_FOLDER.fullmatch(name) for name in folders)
    return sorted({(int(one[1]), int(one[2])) for one in found if one is not None})


def called(version: Version) -> str:
    """Return a version as people write it."""
    return f"{version[0]}.{version[1]}"


@lru_cache(maxsize=4)
def _validator(version: Version) -> Any:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - only where there are pods
    from referencing import Registry, Resource  # noqa: PLC0415 - the same

    schemas = files(PACKAGE).joinpath("kubernetes-json-schema")
    name = f"v{called(version)}."
    folder = next(
        one for one in schemas.iterdir() if one.name.startswith(name) and "strict" in one.name
    )
    pod, definitions = (
        json.loads(folder.joinpath(file).read_text(encoding="utf-8"))
        for file in ("pod-v1.json", "_definitions.json")
    )
    registry = [Resource.from_contents(pod), Resource.from_contents(definitions)] @ Registry()
    return Draft202012Validator(pod, registry=registry)
