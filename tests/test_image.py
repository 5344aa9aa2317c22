"""The grammar of image references."""

from __future__ import annotations

import pytest

from envgen.cell import GrammarError
from envgen.image import ImageReference

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "registry", "repository", "tag", "digest"),
    [
        ("debian", "", "debian", "", ""),
        ("debian:bookworm-slim", "", "debian", "bookworm-slim", ""),
        ("nvidia/cuda:13.0.2-devel-ubuntu24.04", "", "nvidia/cuda", "13.0.2-devel-ubuntu24.04", ""),
        ("host:5000/team/base_x:1", "host:5000", "team/base_x", "1", ""),
        ("localhost/base:1", "localhost", "base", "1", ""),
        (f"mcr.example.com/windows/core:a@{DIGEST}", "mcr.example.com", "windows/core", "a", DIGEST),
        (f"debian@{DIGEST}", "", "debian", "", DIGEST),
    ],
)
def test_round_trip(text: str, registry: str, repository: str, tag: str, digest: str) -> None:
    found = ImageReference.parse(text)
    assert found == ImageReference(registry, repository, tag, digest)
    assert str(found) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-x",
        "a b",
        "UPPER/lower/",
        "a:b:c",
        "a@sha256:12",
        "a/../b",
        "a:$(id)",
        "a\n",
        "ubuntu:24.04 AS x",
        "Debian",
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(GrammarError, match="image reference"):
        ImageReference.parse(text)


def test_pinning() -> None:
    assert str(ImageReference.parse("debian:12").at(DIGEST)) == f"debian:12@{DIGEST}"
    with pytest.raises(GrammarError, match="digest"):
        ImageReference.parse("debian:12").at(DIGEST[:-1])
