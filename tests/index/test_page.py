"""Pages, written as PEP 691 has them and read again."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from envgen.index import File
from envgen.index.page import PageError, from_json, read_page, to_json

VERSIONS = st.builds(lambda *numbers: ".".join(map(str, numbers)), st.integers(0, 99), st.integers(0, 99))
FILES = st.builds(
    lambda version, **said: File(
        f"demo-{version}-py3-none-any.whl", Version(version), "default", f"https://a.example/demo-{version}.whl", **said
    ),
    VERSIONS,
    sha256=st.none() | st.from_regex("[0-9a-f]{64}", fullmatch=True),
    size=st.none() | st.integers(0, 1 << 40),
    requires_python=st.sampled_from(["", ">=3.10", "<4, >3"]),
    yanked=st.booleans(),
    metadata=st.booleans(),
    uploaded=st.none() | st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds it
)


@given(st.lists(FILES))
def test_what_is_kept_is_what_was_read(files: list[File]) -> None:
    kept = json.loads(json.dumps(to_json("demo", files)))
    assert from_json(kept, "https://a.example/simple/demo/", "default") == files


@given(st.binary() | st.text("<a href=![/]>'\"&#;{}:", max_size=60).map(str.encode), st.sampled_from(["html", "json"]))
def test_no_page_is_a_traceback(content: bytes, kind: str) -> None:
    kinds = {"html": "text/html", "json": "application/vnd.pypi.simple.v1+json"}
    page = b'<meta name="pypi:repository-version" content="1.0">' + content
    with contextlib.suppress(PageError):
        assert all(isinstance(file, File) for file in read_page(page, kinds[kind], "http://a.example/", "default"))


EMPTY = [
    "",
    "<h1>Links for torch</h1>",
    "<h1>torch</h1><br>",
    '<h1>Index of /torch/</h1><hr><pre><a href="../">../</a></pre><hr>',
    '<h1>Links for torch</h1><a href="README.txt">README.txt</a>',
]


@pytest.mark.parametrize("title", EMPTY)
def test_a_project_without_files_is_a_page_without_links(title: str) -> None:
    page = f"<!DOCTYPE html><html><head><title>torch</title></head><body>{title}</body></html>".encode()
    assert read_page(page, "text/html", "http://a.example/simple/torch/", "default") == []


@pytest.mark.parametrize("body", ["<h1>Not found</h1>", "Please log in", '<a href="/login">Log in</a>'])
def test_a_page_of_something_else_is_no_empty_project(body: str) -> None:
    page = f"<!DOCTYPE html><html><body>{body}</body></html>".encode()
    with pytest.raises(PageError):
        read_page(page, "text/html", "http://a.example/simple/torch/", "default")
