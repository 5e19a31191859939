"""A whole Kubernetes of one node on loopback: etcd, API server, scheduler, and kubelet on Docker.

Release 1.20.2, for which Debian has the source (`kubernetes_build`): the newest fields of a pod
are unknown to it. There is no controller manager, so that nobody makes the tokens of service
accounts: the admission of those is off, and pods need none. Pods have a network of their own that
leads nowhere. Every process is stopped by its id.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from clusters import LABELS, TAINT, Cluster, write_kubeconfig
from debian import require, search_path
from docker_daemon import Daemon, running_daemon
from kubernetes_build import kubernetes_programs
from loopback import make_certificates

LOOPBACK = "127.0.0.1"
NODE = "one"
PAUSE = "dagwright-pause:1"
TOKEN = "the-token-of-the-tests"  # noqa: S105 (it opens what is made and gone with the tests)
INSIDE, SECRETS = Path("/dbt"), Path("/secrets")

CNI = """\
#!/bin/sh
# A network that leads nowhere: an address of the pod's own, on a pair whose ends both stay there.
case "$CNI_COMMAND" in
VERSION) echo '{"cniVersion":"0.3.1","supportedVersions":["0.3.0","0.3.1"]}' ;;
ADD)
  sum=$(printf %s "$CNI_CONTAINERID" | cksum)
  address=192.0.2.$((${sum%% *} % 250 + 2))
  nsenter --net="$CNI_NETNS" sh -c "ip link add eth0 type veth peer name peer &&
    ip link set peer up && ip addr add $address/32 dev eth0 &&
    ip link set eth0 up && ip link set lo up" >&2 || exit 1
  printf '{"cniVersion":"0.3.1","ips":[{"version":"4","address":"%s/32"}],"dns":{}}' "$address" ;;
DEL) [ ! -e "$CNI_NETNS" ] || nsenter --net="$CNI_NETNS" ip link del eth0 2>/dev/null || true ;;
esac
"""
LO = """\
#!/bin/sh
[ "$CNI_COMMAND" != ADD ] || echo '{"cniVersion":"0.2.0","ip4":{"ip":"127.0.0.1/8"}}'
[ "$CNI_COMMAND" != VERSION ] || echo '{"cniVersion":"0.3.1","supportedVersions":["0.2.0"]}'
"""


@dataclass
class Machine:
    """The folder of a cluster, its programs, and its processes."""

    run: Path
    programs: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, program: str, *options: str, **more: str) -> None:
        """Start a program, whose options are also given by name: `a_b="c"` is `--a-b=c`."""
        own = self.programs / program
        argv = [str(own) if own.exists() else program, *options]
        argv += [f"--{name.replace('_', '-')}={value}" for name, value in more.items()]
        with (self.run / f"{program}.log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    argv,
                    cwd=self.run,
                    env={**os.environ, "PATH": search_path()},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )

    def wait(self, what: str, done: Callable[[], bool]) -> None:
        """Return when `done`; fail with the logs if a process ends, or if it takes too long."""
        for _ in range(1200):
            if done():
                return
            if any(process.poll() is not None for process in self.processes):
                break
            time.sleep(0.25)
        tails = [f"{log}\n{log.read_text()[-3000:]}" for log in self.run.glob("*.log")]
        pytest.fail("\n".join([f"no {what}", *tails]))

    def stop(self) -> None:
        """End the processes, the last one first."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(timeout=60)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


@contextmanager
def running_cluster(knows: Sequence[Callable[[str], bool]] = ()) -> Iterator[Cluster]:
    """Run a cluster until the end of the block; tokens that one of `knows` knows may do all."""
    if os.geteuid() != 0:
        pytest.skip("only root can run a kubelet")
    require("etcd", "etcd-server")
    require("kubectl", "kubernetes-client")
    require("ip", "iproute2")
    programs = kubernetes_programs()
    with ExitStack() as stack:
        daemon = stack.enter_context(running_daemon())
        run = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="k8s")))
        webhook = stack.enter_context(token_review(knows))
        machine = Machine(run, programs)
        try:
            yield _started(machine, daemon, webhook)
        finally:
            machine.stop()
            _clean(daemon, run)


def _started(machine: Machine, daemon: Daemon, webhook: str) -> Cluster:
    certificates = machine.run / "certificates"
    make_certificates([LOOPBACK, "localhost"], certificates)
    etcd, peer, secure, kubelet = _free_ports(4)
    url = f"https://{LOOPBACK}:{secure}"
    kubeconfig = machine.run / "kubeconfig"
    write_kubeconfig(kubeconfig, url, certificates / "authority.pem", {"token": TOKEN})
    authority = (certificates / "authority.pem").read_text(encoding="ascii")
    made = Cluster(url, authority, TOKEN, kubeconfig, daemon.image, SECRETS, INSIDE)
    _start_etcd(machine, etcd, peer)
    _start_api_server(machine, etcd, secure, webhook)
    machine.wait("API server", lambda: _ready(made))
    machine.start(
        "kube-scheduler", kubeconfig=str(kubeconfig), leader_elect="false",
        bind_address=LOOPBACK, port="0", secure_port="0",
    )  # fmt: skip
    _make_pause_image(daemon)
    _start_kubelet(machine, kubelet, daemon)
    machine.wait("node", lambda: _node_is_ready(made))
    _mark_node(made)
    return made


def _start_etcd(machine: Machine, port: int, peer: int) -> None:
    url = f"http://{LOOPBACK}:{port}"
    machine.start(
        "etcd",
        "--unsafe-no-fsync",
        data_dir=str(machine.run / "etcd"),
        listen_client_urls=url,
        advertise_client_urls=url,
        listen_peer_urls=f"http://{LOOPBACK}:{peer}",
    )


def _start_api_server(machine: Machine, etcd: int, port: int, webhook: str) -> None:
    tokens = machine.run / "tokens.csv"
    tokens.write_text(f"{TOKEN},admin,admin,system:masters\n", encoding="utf-8")
    review = machine.run / "review.json"
    write_kubeconfig(review, webhook, machine.run / "certificates/authority.pem", {})
    key = str(machine.run / "certificates/hosts.key")
    machine.start(
        "kube-apiserver",
        etcd_servers=f"http://{LOOPBACK}:{etcd}",
        bind_address=LOOPBACK,
        advertise_address=LOOPBACK,
        secure_port=str(port),
        tls_cert_file=str(machine.run / "certificates/hosts.pem"),
        tls_private_key_file=key,
        service_cluster_ip_range="10.96.0.0/24",
        authorization_mode="RBAC",
        token_auth_file=str(tokens),
        authentication_token_webhook_config_file=str(review),
        service_account_issuer=f"https://{LOOPBACK}:{port}",
        service_account_signing_key_file=key,
        service_account_key_file=str(machine.run / "certificates/hosts.pem"),
        disable_admission_plugins="ServiceAccount,TaintNodesByCondition",
        endpoint_reconciler_type="none",
        kubelet_preferred_address_types="InternalIP",
    )


def _start_kubelet(machine: Machine, port: int, daemon: Daemon) -> None:
    network = machine.run / "cni"
    (network / "conf").mkdir(parents=True)
    conf = {"cniVersion": "0.3.1", "name": "nowhere", "type": "nowhere"}
    (network / "conf/10-nowhere.conf").write_text(json.dumps(conf), encoding="utf-8")
    for name, script in {"nowhere": CNI, "loopback": LO}.items():
        (network / name).write_text(script, encoding="utf-8")
        (network / name).chmod(0o755)
    configuration = machine.run / "kubelet.json"
    configuration.write_text(json.dumps(_kubelet(port)), encoding="utf-8")
    machine.start(
        "kubelet",
        config=str(configuration),
        kubeconfig=str(machine.run / "kubeconfig"),
        root_dir=str(machine.run / "kubelet"),
        cert_dir=str(machine.run / "kubelet-certificates"),
        hostname_override=NODE,
        node_ip=LOOPBACK,
        container_runtime="docker",
        docker_endpoint=daemon.url,
        pod_infra_container_image=PAUSE,
        network_plugin="cni",
        cni_bin_dir=str(network),
        cni_conf_dir=str(network / "conf"),
        cni_cache_dir=str(network / "cache"),
        runtime_cgroups="/",
        kubelet_cgroups="/",
    )


def _kubelet(port: int) -> dict[str, Any]:
    """Return a kubelet's configuration that asks nothing of the machine's cgroups and firewall."""
    little = {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"}
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": LOOPBACK,
        "port": port,
        "readOnlyPort": 0,
        "healthzPort": 0,
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        "imageGCHighThresholdPercent": 100,
        "evictionHard": little,
        "resolvConf": "",
        "maxPods": 20,
    }


def _ready(cluster: Cluster) -> bool:
    try:
        return bool(cluster.core.list_namespaced_secret("default") is not None)
    except Exception:  # noqa: BLE001 (any: it is not up yet)
        return False


def _node_is_ready(cluster: Cluster) -> bool:
    return any(
        condition.type == "Ready" and condition.status == "True"
        for node in cluster.core.list_node().items
        for condition in node.status.conditions or ()
    )


def _mark_node(cluster: Cluster) -> None:
    """Label and taint the node, and say where its kubelet listens: it refuses to say loopback."""
    addresses = [
        {"type": "InternalIP", "address": LOOPBACK},
        {"type": "Hostname", "address": NODE},
    ]
    cluster.core.patch_node_status(NODE, {"status": {"addresses": addresses}})
    taint = {key: TAINT[key] for key in ("key", "value", "effect")}
    cluster.core.patch_node(NODE, {"metadata": {"labels": LABELS}, "spec": {"taints": [taint]}})


def _make_pause_image(daemon: Daemon) -> None:
    """Make the image whose process holds the network of a pod, of the one that is there."""
    docker_client = daemon.client()
    if docker_client.images.list(name=PAUSE):
        return
    container = docker_client.containers.create(daemon.image, network_mode="none", command="sleep")
    repository, _, tag = PAUSE.partition(":")
    words = json.dumps(["sleep", "1000000000"])
    container.commit(repository=repository, tag=tag, changes=f"ENTRYPOINT {words}\nCMD []")
    container.remove()


def _clean(daemon: Daemon, run: Path) -> None:
    """Remove the containers that a kubelet leaves, and what it mounted."""
    for container in daemon.client().containers.list(all=True):
        if container.name.startswith("k8s_"):
            container.remove(force=True)
    text = Path("/proc/self/mounts").read_text(encoding="utf-8")
    places = [line.split()[1] for line in text.splitlines()]
    for place in reversed([one for one in places if Path(one).is_relative_to(run)]):
        subprocess.run(["umount", place], check=True)


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def token_review(knows: Sequence[Callable[[str], bool]]) -> Iterator[str]:
    """Serve what an API server asks about tokens it does not know itself; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            good = any(one(review["spec"]["token"]) for one in knows)
            user = {"username": "of-a-cloud", "groups": ["system:masters"]}
            status: Mapping[str, Any] = {"authenticated": good, **({"user": user} if good else {})}
            text = json.dumps({**review, "status": status}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Leave the terminal alone."""

    server = HTTPServer((LOOPBACK, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
