"""What is asked of a Docker daemon about one container, by a worker and by the triggerer alike."""

from __future__ import annotations

import signal
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

from airflow.providers.docker.hooks.docker import DockerHook
from docker.errors import APIError, NotFound

from dagwright_airflow import leash

_POLL_SECONDS: Final = 0.1
_ANSWER_SECONDS: Final = 15
"""How long a daemon may take for one answer to the triggerer."""

_TLS: Final = ("ca_cert", "client_cert", "client_key", "verify", "hostname", "ssl_version")


def address_of(operator: Any) -> dict[str, Any]:
    """Return where the daemon of a DockerOperator listens: data, and none of it a secret.

    Of TLS it has the paths of files. There is no connection: that is of a registry, from which
    whoever waits for a container fetches nothing.
    """
    tls = {name: getattr(operator, f"tls_{name}", None) for name in _TLS}
    stated = {"url": operator.docker_url, "version": operator.api_version, "tls": tls}
    return {name: value for name, value in stated.items() if value is not None}


@contextmanager
def client_at(address: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a client of the daemon there, for one thread.

    Raises:
        AirflowException: nobody listens there.
    """
    tls = {**address["tls"]}
    hook = DockerHook(
        docker_conn_id=None,
        base_url=address["url"],
        version=address.get("version"),
        tls=DockerHook.construct_tls_config(assert_hostname=tls.pop("hostname"), **tls),
        timeout=_ANSWER_SECONDS,
    )
    client = hook.api_client
    try:
        yield client
    finally:
        client.close()


def id_of(client: Any) -> str:
    """Return what tells this daemon from any other."""
    return str(client.info()["ID"])


def interrupt(client: Any, containers: Collection[str]) -> None:
    """Let the dbts of `containers` cancel their queries, which they do on this signal only.

    Returns when they have ended, or have had their time.
    """
    for container in containers:
        with suppress(APIError):  # It may have ended.
            client.kill(container, signal.SIGINT)
    until = time.monotonic() + leash.INTERRUPT_SECONDS
    while time.monotonic() < until and any(is_running(client, one) for one in containers):
        time.sleep(_POLL_SECONDS)


def is_running(client: Any, container: str) -> bool:
    """Return whether a container runs; one that is not there does not."""
    try:
        return bool(client.inspect_container(container)["State"]["Running"])
    except NotFound:
        return False


def remove(client: Any, container: str) -> None:
    """Remove a container, whether it runs, has ended, or is gone."""
    with suppress(APIError):  # It is gone, or going.
        client.remove_container(container, force=True)
