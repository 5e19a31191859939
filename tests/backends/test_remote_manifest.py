"""Manifests and states that are no files: moto's S3 by s3fs, and a web server.

The compiler runs as its users run it, a process of its own, with the credentials in its
environment.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from airflow_home import BIN
from manifests import manifest

if TYPE_CHECKING:
    from aws_stand_in import Aws

PROJECT = "seed.shop.raw\nmodel.shop.orders <- seed.shop.raw\n"
SPEC = """\
version: 1
dag: {{id: shop}}
render: {{project_dir: shop, {render}}}
execute: {{mode: local, project_dir: /srv/shop}}
"""
SECRET = "c4n4ry"  # noqa: S105 (it sings where it is seen)


def compile_spec(folder: Path, render: str, **environment: str) -> subprocess.CompletedProcess:
    (folder / "shop").mkdir(exist_ok=True)
    spec = folder / "shop.dagwright.yaml"
    spec.write_text(SPEC.format(render=render), encoding="utf-8")
    return subprocess.run(
        [BIN / "dagwright", "compile", spec.name],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def artifact(folder: Path) -> str:
    return (folder / "compiled/shop.dag.json").read_text(encoding="utf-8")


def without_spec(artifact: str) -> list[str]:
    """Return the lines but those with digests of the spec and of the whole."""
    return [line for line in artifact.splitlines() if "sha256:" not in line]


@pytest.fixture(scope="module")
def bucket(aws: Aws) -> dict[str, str]:
    """The environment of those who may read the bucket `lake`, which has a manifest in `shop`."""
    s3 = aws.client("s3")
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration=where)
    s3.put_object(Bucket="lake", Key="shop/manifest.json", Body=manifest(PROJECT))
    return {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "eu-west-1",
    }


def test_a_manifest_in_s3_compiles_as_the_same_file_does(bucket, tmp_path) -> None:
    there = compile_spec(tmp_path, "manifest: s3://lake/shop/manifest.json", **bucket)
    assert there.returncode == 0, there.stdout + there.stderr
    from_s3 = artifact(tmp_path)
    (tmp_path / "shop/target").mkdir()
    (tmp_path / "shop/target/manifest.json").write_bytes(manifest(PROJECT))
    here = compile_spec(tmp_path, "load: manifest")
    assert here.returncode == 0, here.stdout
    assert without_spec(from_s3) == without_spec(artifact(tmp_path))


def test_a_state_in_s3_says_what_changed(bucket, tmp_path) -> None:
    (tmp_path / "shop/target").mkdir(parents=True)
    newer = manifest(f"{PROJECT}model.shop.added <- model.shop.orders\n")
    (tmp_path / "shop/target/manifest.json").write_bytes(newer)
    done = compile_spec(tmp_path, "state: s3://lake/shop, select: 'state:new'", **bucket)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "shop.added" in artifact(tmp_path)
    assert "shop.orders" not in artifact(tmp_path)


@pytest.mark.parametrize(
    ("key", "rule"), [("lake/no.json", "DW201"), ("no/no.json", "DW201"), ("lake/shop", "DW203")]
)
def test_an_object_that_is_not_there_is_a_finding(bucket, tmp_path, key, rule) -> None:
    done = compile_spec(tmp_path, f"manifest: s3://{key}", **bucket)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"error[{rule}]: " in done.stdout + done.stderr
    assert f"'s3://{key}'" in done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr


@contextmanager
def web(*allowed: str) -> Iterator[str]:
    """Yield where a web server has a manifest for those who say one of `allowed`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = {self.headers.get("Authorization"), self.path.partition("?")[2]}
            status = 200 if said & set(allowed) else 403
            body = manifest(PROJECT) if status == 200 else b"no"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.send_response(405)
            self.end_headers()

        def log_message(self, *_) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}/manifest.json"
        server.shutdown()


def test_a_signed_address_is_read_and_its_signature_shown_to_nobody(tmp_path) -> None:
    with web(f"X-Amz-Signature={SECRET}") as place:
        address = f"http://{place}?X-Amz-Signature={SECRET}"
        done = compile_spec(tmp_path, 'manifest: "${MANIFEST}"', MANIFEST=address)
        assert done.returncode == 0, done.stdout + done.stderr
        assert SECRET not in artifact(tmp_path)
        refused = compile_spec(tmp_path, 'manifest: "${MANIFEST}"', MANIFEST=f"{address}x")
    said = refused.stdout + refused.stderr
    assert refused.returncode == 1
    assert f"error[DW202]: cannot read 'http://{place}'" in said
    assert "403" in said
    assert SECRET not in said


def test_a_web_server_that_is_down_is_a_finding(tmp_path) -> None:
    with web() as place:
        pass
    done = compile_spec(tmp_path, f"manifest: http://{place}")
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert f"error[DW202]: cannot read 'http://{place}'" in said


def test_all_that_read_it_find_it(bucket, tmp_path) -> None:
    made = compile_spec(tmp_path, "manifest: s3://lake/shop/manifest.json", **bucket)
    assert made.returncode == 0, made.stdout + made.stderr
    spec = "shop.dagwright.yaml"
    for words in (["check"], ["ls", "--coverage", spec], ["explain", spec, "shop.orders.run"]):
        done = subprocess.run(
            [BIN / "dagwright", *words],
            cwd=tmp_path,
            env={**os.environ, **bucket},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
