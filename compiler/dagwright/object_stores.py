"""Files on web servers and in object stores, read whole: these by the extra `dagwright[remote]`.

Who may read is decided by the environment, as each client has it (`AWS_PROFILE`, a service
account, `az login`). What an address itself may carry as a secret, a password or a signature, is
shown to nobody.
"""

from __future__ import annotations

import re
from errno import ENOENT
from importlib.util import find_spec
from typing import Final

READERS: Final = {
    "s3": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "az": "adlfs",
}
"""By scheme of an address: the package by which fsspec reads it."""

WEB: Final = ("https", "http")
_NOT_FOUND: Final = 404
_WEB_SECONDS: Final = 60
_SECRETS: Final = re.compile(r"(?<=://)[^/\s@]*@|\?[^\s'\")]*")


def is_address(path: str) -> bool:
    """Return whether `path` is no path but the address of an object."""
    return "://" in path


def obstacle(address: str) -> str | None:
    """Return why nothing here can read `address`, if that is so: a clause."""
    scheme = _scheme(address)
    if scheme in WEB:
        return None
    if scheme not in READERS:
        known = ", ".join(f"`{name}`" for name in (*READERS, *WEB))
        return f"`{scheme}` is none of {known}"
    packages = ("fsspec", READERS[scheme])
    absent = next((name for name in packages if find_spec(name) is None), None)
    return None if absent is None else f"the package {absent} is not installed"


def shown(path: str) -> str:
    """Return a path as it may be shown: an address without its user, password and query."""
    return _SECRETS.sub("", path) if is_address(path) else path


def read_object(address: str) -> bytes:
    """Return the bytes of the object at `address`.

    Raises:
        FileNotFoundError: there is none.
        OSError: it cannot be read; the error's text says why, and has no secret of the address.
    """
    if (why := obstacle(address)) is not None:
        raise OSError(None, why)
    read = _from_web if _scheme(address) in WEB else _from_store
    try:
        return read(address)
    except FileNotFoundError:
        raise FileNotFoundError(ENOENT, "no such object", shown(address)) from None
    except Exception as error:  # noqa: BLE001 (each client raises its own)
        raise OSError(None, _reason(error)) from None


def _from_web(address: str) -> bytes:
    from urllib.error import HTTPError  # noqa: PLC0415 (slow, and not for `validate`)
    from urllib.request import urlopen  # noqa: PLC0415

    try:
        with urlopen(address, timeout=_WEB_SECONDS) as answer:  # noqa: S310 (one of `WEB`)
            return bytes(answer.read())
    except HTTPError as error:
        if error.code == _NOT_FOUND:
            raise FileNotFoundError from error
        raise


def _from_store(address: str) -> bytes:
    import fsspec  # noqa: PLC0415 (an extra, and a slow import)

    with fsspec.open(address, "rb") as stream:
        return bytes(stream.read())


def _scheme(address: str) -> str:
    return address.partition("://")[0].lower()


def _reason(error: Exception) -> str:
    text = _SECRETS.sub("", str(error)).strip() or "no reason is given"
    return f"{type(error).__name__}: {text}"
