"""A way out of the process that ends here: an HTTPS proxy that plays the hosts it knows.

A client keeps its real addresses and its TLS: it is told of the proxy and of our certificate
authority by the environment variables that every HTTP library reads. A host that nobody plays is
refused, so that no test leaves the machine.
"""

from __future__ import annotations

import json
import re
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a host that is played here."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and what becomes the JSON of the response."""

    status: int
    body: Any = None


Play = Callable[[Request], Answer]


@dataclass(frozen=True, slots=True)
class Routes:
    """A host as a table: (method, pattern of the path) -> what answers with the groups."""

    rows: Mapping[tuple[str, str], Callable[..., Answer]]

    def __call__(self, request: Request) -> Answer:
        for (method, pattern), play in self.rows.items():
            if method == request.method and (match := re.fullmatch(pattern, request.path)):
                return play(request, *match.groups())
        return Answer(404, {"error": {"code": "NotFound", "message": request.path}})


@dataclass
class Loopback:
    """The proxy: who plays which host, and what it was asked."""

    hosts: Mapping[str, Play]
    certificates: Path
    tunnels: Mapping[str, int] = field(default_factory=dict)
    """By host: the port of this machine that speaks HTTP/2 for it, without TLS."""
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process use the proxy and trust it."""
        authority = str(self.certificates / "authority.pem")
        return {
            "HTTPS_PROXY": self.url,
            "https_proxy": self.url,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "REQUESTS_CA_BUNDLE": authority,
            "SSL_CERT_FILE": authority,
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": authority,
        }

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.hosts[request.host](request)


@contextmanager
def loopback(
    hosts: Mapping[str, Play], folder: Path, tunnels: Mapping[str, int] | None = None
) -> Iterator[Loopback]:
    """Play `hosts` until the end of the block; keys and certificates go to `folder`."""
    proxy = Loopback(hosts, folder, tunnels or {})
    make_certificates(sorted({*hosts, *proxy.tunnels}), folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "hosts.pem", folder / "hosts.key")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(proxy, context))
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()


def _handler(proxy: Loopback, context: ssl.SSLContext) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        host = ""

        def do_CONNECT(self) -> None:
            host = self.path.partition(":")[0]
            if host not in proxy.hosts and host not in proxy.tunnels:
                proxy.refused.append(host)
                self.send_error(502, f"{host} is not played here")
                return
            self.send_response(200)
            self.end_headers()
            if host in proxy.tunnels:
                self.close_connection = True
                with suppress(OSError):
                    carry(self.connection, proxy.certificates, proxy.tunnels[host])
                return
            self.host = host
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", buffering=0)
            self.close_connection = False

        def do_GET(self) -> None:
            if not self.host:
                proxy.refused.append(self.path)
                self.send_error(502, "plain HTTP goes nowhere")
                return
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                self.command,
                self.host,
                url.path,
                {key: values[-1] for key, values in parse_qs(url.query).items()},
                {key.lower(): value for key, value in self.headers.items()},
                self.rfile.read(length),
            )
            self.reply(proxy.answer(request))

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def reply(self, answer: Answer) -> None:
            text = b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def finish(self) -> None:
            super().finish()
            self.connection.close()  # The one that was wrapped is detached.

        def log_message(self, *_: object) -> None:
            """Leave the terminal alone; `proxy.requests` has it all."""

    return Handler


def carry(client: socket.socket, certificates: Path, port: int) -> None:
    """Carry what a client says in TLS to a port of this machine, and its answers back."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "hosts.pem", certificates / "hosts.key")
    context.set_alpn_protocols(["h2"])
    with (
        context.wrap_socket(client, server_side=True) as near,
        socket.create_connection(("127.0.0.1", port)) as far,
    ):
        while True:
            ready = [near] if near.pending() else select.select([near, far], [], [])[0]
            for source, sink in ((near, far), (far, near)):
                if source in ready:
                    if not (data := source.recv(65536)):
                        return
                    sink.sendall(data)


def make_certificates(hosts: list[str], folder: Path) -> None:
    """Write the certificate of an authority of our own, and that of `hosts` which it signed."""
    folder.mkdir(parents=True, exist_ok=True)
    authority_key, key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback authority")])
    signer = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    root = (
        _certificate(authority, authority, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signer, critical=False)
        .add_extension(_KEY_USAGE, critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    about = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback hosts")])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer)
    leaf = (
        _certificate(about, authority, key)
        .add_extension(x509.SubjectAlternativeName([*map(_name, hosts)]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "authority.pem").write_bytes(root.public_bytes(pem))
    (folder / "hosts.pem").write_bytes(leaf.public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "hosts.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _certificate(
    about: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(about)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
    )


_KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
