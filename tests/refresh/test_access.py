"""pip's and uv's settings as envgen's own way to the indexes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lock.index import cut_off
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from envgen.refresh.access import configured_access


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cut_off(monkeypatch, tmp_path)
    for name in ("SSL_CERT_FILE", "SSL_CLIENT_CERT"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_configured_is_the_default_index() -> None:
    found = configured_access()
    assert found.indexes == (PYPI_SIMPLE_ENDPOINT,)
    assert (found.folders, found.no_index, found.certificate, found.proxy) == ((), False, None, None)


def test_pips_settings(tmp_path: Path) -> None:
    found = configured_access({
        **os.environ,
        "PIP_INDEX_URL": "https://user:secret@mirror.example/simple",
        "PIP_EXTRA_INDEX_URL": "https://one.example/simple https://two.example/simple",
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_CERT": "/certificates.pem",
        "PIP_PROXY": "http://proxy.example:3128",
        "PIP_TIMEOUT": "7",
        "PIP_TRUSTED_HOST": "one.example two.example:8443",
    })  # fmt: skip
    assert found.indexes == (
        "https://user:secret@mirror.example/simple", "https://one.example/simple", "https://two.example/simple",
    )  # fmt: skip
    assert (found.folders, found.certificate, found.proxy) == (
        (str(tmp_path),), "/certificates.pem", "http://proxy.example:3128",
    )  # fmt: skip
    assert (found.timeout, found.trusted_hosts) == (7.0, ("one.example", "two.example:8443"))


def test_a_further_index_comes_after_the_default_one() -> None:
    found = configured_access({**os.environ, "PIP_EXTRA_INDEX_URL": "https://one.example/simple"})
    assert found.indexes == (PYPI_SIMPLE_ENDPOINT, "https://one.example/simple")


def test_uvs_indexes_go_before_pips() -> None:
    found = configured_access({
        **os.environ,
        "PIP_INDEX_URL": "https://pip.example/simple",
        "UV_DEFAULT_INDEX": "https://uv.example/simple",
        "UV_INDEX": "own=https://own.example/simple",
        "UV_INDEX_OWN_USERNAME": "me",
        "UV_INDEX_OWN_PASSWORD": "p@ss",
    })  # fmt: skip
    assert found.indexes == ("https://uv.example/simple", "https://me:p%40ss@own.example/simple")


def test_uvs_files(tmp_path: Path) -> None:
    (tmp_path / "uv.toml").write_text(
        'find-links = ["wheels"]\n'
        '[[index]]\nname = "torch"\nurl = "https://explicit.example/simple"\nexplicit = true\n'
        '[[index]]\nurl = "https://more.example/simple"\n'
        '[[index]]\nurl = "https://default.example/simple"\ndefault = true\n'
    )
    found = configured_access()
    assert found.indexes == ("https://default.example/simple", "https://more.example/simple")
    assert found.folders == (str(tmp_path / "wheels"),)
