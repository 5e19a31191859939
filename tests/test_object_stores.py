"""Addresses in place of paths: what can be read here, and what is said where it cannot.

Objects are really read by `tests/backends/test_remote_manifest.py`.
"""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagwright.diagnostics import Report
from dagwright.files import DiskFiles, MemoryFiles
from dagwright.object_stores import obstacle, shown
from dagwright.pipeline import Options, compile_spec
from manifests import manifest

SPEC = """\
version: 1
dag: {{id: shop}}
render: {{project_dir: shop, {render}}}
execute: {{mode: local, project_dir: /srv/shop}}
"""


def findings(render: str) -> list[tuple[str, str, str]]:
    files = MemoryFiles({"shop.dagwright.yaml": SPEC.format(render=render).encode()})
    files.contents["shop/target/manifest.json"] = manifest("model.shop.orders")
    report = Report()
    compile_spec(files, "shop.dagwright.yaml", Options(), report)
    text = files.contents["shop.dagwright.yaml"].decode()
    return [
        (one.rule.code, text[one.span.start : one.span.end], one.message)
        for one in report.sorted()
    ]


def test_a_store_that_nobody_knows_is_named() -> None:
    ((code, place, message),) = findings("manifest: 'ftp://shop/manifest.json'")
    assert (code, place) == ("DW222", "'ftp://shop/manifest.json'")
    assert "`ftp` is none of `s3`, `gs`" in message


@pytest.mark.skipif(find_spec("gcsfs") is not None, reason="the reader is installed")
@pytest.mark.parametrize("render", ["manifest: 'gs://shop/m.json'", "state: 'gs://shop/prod'"])
def test_a_store_whose_reader_is_not_installed_is_named(render) -> None:
    ((code, _, message),) = findings(render)
    assert code == "DW222"
    assert "the package gcsfs is not installed" in message


def test_dbt_does_not_parse_into_an_object_store() -> None:
    ((code, place, _),) = findings("manifest: 'https://shop.example/m.json', load: dbt")
    assert (code, place) == ("DW223", "load")


@pytest.mark.parametrize("address", ["https://127.0.0.1:9/m.json", "ftp://shop/m.json"])
def test_what_cannot_be_read_is_an_error_of_the_system(address) -> None:
    with pytest.raises(OSError, match=r"refused|none of"):
        DiskFiles().read(address)
    assert not DiskFiles().exists(address)


WORD = st.text("abcxyz0189-_.~%", min_size=1)


@given(WORD, WORD, WORD, st.text("abc/", min_size=1))
def test_no_secret_of_an_address_is_shown(user, password, signature, path) -> None:
    clean = f"https://shop.example/{path}"
    assert shown(f"https://{user}:{password}@shop.example/{path}?sig={signature}") == clean
    assert shown(clean) == clean
    assert obstacle(clean) is None
