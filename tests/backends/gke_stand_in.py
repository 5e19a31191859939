"""Google Kubernetes Engine, as far as finding a cluster goes: `GetCluster`, by gRPC.

The server is ours; it reads and writes the messages of Google's own client.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from google_stand_in import TOKEN

HOST = "container.googleapis.com"
GET = "/google.container.v1.ClusterManager/GetCluster"


@dataclass
class Gke:
    """The service: clusters by name, as (address, certificate), and the names that were asked."""

    port: int = 0
    clusters: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def cluster(self, request: Any, context: grpc.ServicerContext) -> Any:
        from google.cloud.container_v1.types import Cluster, MasterAuth

        self.asked.append(request.name)
        if request.name not in self.clusters:
            context.abort(grpc.StatusCode.NOT_FOUND, f"not found: {request.name}")
        url, authority = self.clusters[request.name]
        auth = MasterAuth(cluster_ca_certificate=b64encode(authority.encode()).decode())
        name = request.name.rpartition("/")[2]
        return Cluster(name=name, endpoint=url.removeprefix("https://"), master_auth=auth)


@contextmanager
def gke() -> Iterator[Gke]:
    """Serve it until the end of the block, on a port of its own."""
    from google.cloud.container_v1.types import Cluster, GetClusterRequest

    made = Gke()

    class Service(grpc.GenericRpcHandler):
        def service(self, details: grpc.HandlerCallDetails) -> Any:
            if details.method != GET:
                return None
            return grpc.unary_unary_rpc_method_handler(
                made.cluster, GetClusterRequest.deserialize, Cluster.serialize
            )

    server = grpc.server(ThreadPoolExecutor(2), handlers=(Service(),))
    made.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield made
    finally:
        server.stop(None).wait()


def is_google_token(token: str) -> bool:
    return token == TOKEN
