"""`envgen images refresh` against a registry of this machine, and what `envgen render` makes of the digests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from index.server import answer, serving
from run.project import TinyProject

from .conftest import Envgen

INDEX = "application/vnd.oci.image.index.v1+json"
LOCK = Path("environments", "images.lock.json")


@pytest.fixture
def debian(inside: TinyProject) -> TinyProject:
    inside.write_matrix(os="debian12, ubuntu24.04")
    return inside


def content(word: str) -> bytes:
    return json.dumps({"mediaType": INDEX, "manifests": [], "word": word}).encode()


def test_digests_are_kept_where_a_registry_fails(envgen: Envgen, debian: TinyProject) -> None:
    slim, noble = "/v2/library/debian/manifests/bookworm-slim", "/v2/library/ubuntu/manifests/24.04"
    with serving() as registry:
        registry.routes |= {path: answer(content(path), kind=INDEX) for path in (slim, noble)}
        said = envgen("images", "refresh", "--mirror", registry.address)
        assert said.code == 0, said.err
        assert "2 images: 2 pinned, 2 of them changed." in said.out
        assert sorted(registry.paths) == [slim, noble]
        first = (debian.folder / LOCK).read_text()
        assert "2 images: 2 pinned, 0 of them changed." in envgen("images", "refresh", "--mirror", registry.address).out
        assert (debian.folder / LOCK).read_text() == first

        registry.routes[slim] = answer(content("new"), kind=INDEX)
        del registry.routes[noble]
        one = envgen("images", "refresh", "--mirror", registry.address).out
        assert "2 images: 1 pinned, 1 of them changed; 1 not read, pinned as before." in one
        registry.routes[slim] = answer(content("newer"), kind=INDEX)
        said = envgen("images", "refresh", "--json", "--mirror", registry.address)
    assert said.code == 7
    assert "ubuntu:24.04" in said.err
    answered = json.loads(said.out)
    assert (answered["changed"], answered["unknown"]) == (["debian:bookworm-slim"], [])
    now, before = json.loads((debian.folder / LOCK).read_text())["images"], json.loads(first)["images"]
    assert now["ubuntu:24.04"] == before["ubuntu:24.04"]
    assert now["debian:bookworm-slim"]["digest"] != before["debian:bookworm-slim"]["digest"]


def test_an_unreachable_registry(envgen: Envgen, debian: TinyProject) -> None:
    said = envgen("images", "refresh", "--mirror", "http://127.0.0.1:9")
    assert said.code == 7
    assert said.out == "2 images: 2 not read, not pinned.\n"
    assert said.err.count("error:") == 1
    assert "takes no connection" in said.err
    assert not (debian.folder / LOCK).exists()


@pytest.mark.parametrize("mirror", ["mirror", "ftp://x", "http://[", "https://me:secret@host"])
def test_a_mirror_has_an_address(envgen: Envgen, debian: TinyProject, mirror: str) -> None:
    said = envgen("images", "refresh", "--mirror", mirror)
    assert said.code == 2
    assert "Traceback" not in said.err


def test_a_damaged_lock(envgen: Envgen, debian: TinyProject) -> None:
    (debian.folder / LOCK).parent.mkdir()
    (debian.folder / LOCK).write_text("{")
    said = envgen("images", "refresh")
    assert said.code == 1
    assert "no usable lock of images" in said.err
