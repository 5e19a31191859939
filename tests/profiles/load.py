"""Load profiles as dbt does: python load.py FOLDER..., in an environment that has the adapters.

Each folder holds `profiles.yml` and `variables.json`. Prints a line of JSON for each: what dbt
took the fields for, or why it took them for nothing. Imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from dbt.adapters.factory import load_plugin
from dbt.config.profile import Profile, read_profile
from dbt.config.renderer import ProfileRenderer
from dbt.flags import set_from_args
from dbt_common.context import set_invocation_context


def no_network(*_: object) -> None:
    """Refuse to connect: some adapters would ask their service for more at once."""
    raise ConnectionRefusedError("no network in this test")


def load(folder: str) -> dict[str, Any]:
    """Return the credentials that dbt makes of the profile in `folder`, by dbt's names."""
    variables = json.loads((Path(folder) / "variables.json").read_text(encoding="utf-8"))
    set_invocation_context({**os.environ, **variables})
    try:
        if (Path(folder) / "validate").exists():
            return validated(read_profile(folder))
        profile = Profile.from_raw_profiles(
            read_profile(folder), "dagwright", ProfileRenderer({}), target_override="default"
        )
    except Exception as error:  # noqa: BLE001 (whatever an adapter raises)
        return {"refused": f"{type(error).__name__}: {error}"}
    credentials = profile.credentials
    kept = vars(type(credentials)).items()
    decided = {name: getattr(credentials, name) for name, one in kept if isinstance(one, property)}
    names = {**decided, **vars(credentials), **credentials.to_dict(omit_none=False)}
    return {
        "threads": profile.threads,
        "fields": {name: repr(value) for name, value in names.items()},
        "told": [str(value) for _, value in credentials.connection_info()],
        "aliases": dict(credentials._ALIASES),
    }


def validated(profiles: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a profile that the class of credentials holds for its own.

    No credentials are made: some would ask their service for a token.
    """
    fields = ProfileRenderer({}).render_data(profiles["dagwright"]["outputs"]["default"])
    threads, kind = fields.pop("threads", 1), fields.pop("type")
    credentials = load_plugin(kind)
    data = credentials.translate_aliases(fields)
    credentials.validate(data)
    told = {name: repr(value) for name, value in data.items()}
    return {"threads": threads, "fields": told, "told": [], "aliases": credentials._ALIASES}


socket.socket.connect = no_network  # type: ignore[method-assign]
socket.getaddrinfo = no_network  # type: ignore[assignment]
set_from_args(Namespace(LOG_CACHE_EVENTS=False), None)
for one in sys.argv[1:]:
    sys.stdout.write(json.dumps(load(one)) + "\n")
