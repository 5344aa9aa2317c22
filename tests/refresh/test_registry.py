"""Digests from a registry of this machine that speaks the HTTP API v2, well or badly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date

import pytest
from index.server import Exchange, Route, Server, answer, serving

from envgen.index.access import Access
from envgen.refresh.registry import Digests, RegistryError, read_digests

TODAY = date(2026, 11, 21)
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PLATFORMS = [
    {"platform": {"os": "linux", "architecture": "arm64"}},
    {"platform": {"os": "linux", "architecture": "amd64"}},
    {"platform": {"os": "unknown", "architecture": "unknown"}},
]
INDEX = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": PLATFORMS}).encode()
GIVEN_AT = "/token?service=a+registry&scope=repository%3Ax%3Apull"
DEBIAN = "/v2/library/debian/manifests/12"
QUICK = Access(timeout=0.3, deadline=2.0)


@pytest.fixture
def registry() -> Iterator[Server]:
    with serving() as server:
        yield server


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def guarded(server: Server, content: bytes) -> Route:
    """Answers who brings the token, and tells others where it is given."""

    def route(exchange: Exchange) -> None:
        if exchange.headers.get("Authorization") == "Bearer t0":
            answer(content, kind=OCI_INDEX, Docker_Content_Digest=sha256(content))(exchange)
        else:
            challenge = f'Bearer realm="{server.address}/token",service="a registry",scope="repository:x:pull"'
            answer(b"{}", 401, WWW_Authenticate=challenge)(exchange)

    return route


def ask(registry: Server, *images: str, access: Access = QUICK) -> Digests:
    return read_digests(images, access, TODAY, registry.address)


def fault(digests: Digests) -> RegistryError:
    assert not digests.found
    (found,) = digests.faults
    assert found.exit_code == 7
    assert "\n" not in found.what
    assert found.remedy
    return found


def test_the_digest_of_an_index(registry: Server) -> None:
    registry.routes[DEBIAN] = answer(INDEX, kind=OCI_INDEX, Docker_Content_Digest=sha256(INDEX))
    digests = ask(registry, "debian:12")
    assert not digests.faults
    locked = digests.found["debian:12"]
    assert locked.digest == sha256(INDEX)
    assert locked.platforms == ("linux/amd64", "linux/arm64")
    assert (locked.as_of, locked.source) == (TODAY, f"{registry.address}{DEBIAN}")
    ((_, headers),) = registry.asked
    assert headers["Accept"].startswith(OCI_INDEX)


def test_a_token_is_fetched_where_one_is_asked_for(registry: Server) -> None:
    registry.routes[DEBIAN] = guarded(registry, INDEX)
    registry.routes[GIVEN_AT] = answer(b'{"access_token": "t0"}', kind="application/json")
    assert ask(registry, "debian:12").found["debian:12"].digest == sha256(INDEX)
    assert registry.paths == [DEBIAN, GIVEN_AT, DEBIAN]


def test_an_image_that_names_its_registry_is_asked_there(registry: Server) -> None:
    single = json.dumps({"schemaVersion": 2, "mediaType": OCI_MANIFEST}).encode()
    host = registry.address.removeprefix("http://")
    registry.routes["/v2/team/base/manifests/latest"] = answer(single, kind=OCI_MANIFEST)
    found = read_digests([f"{host}/team/base"], QUICK, TODAY, "http://127.0.0.1:9").found
    assert found[f"{host}/team/base"].digest == sha256(single)
    assert found[f"{host}/team/base"].platforms == ()


def test_an_unknown_image_does_not_keep_the_others(registry: Server) -> None:
    registry.routes[DEBIAN] = answer(INDEX, kind=OCI_INDEX)
    digests = ask(registry, "gone:1", "debian:12")
    assert list(digests.found) == ["debian:12"]
    (one,) = digests.faults
    assert "gone:1" in one.what
    assert "404 (Not Found)" in one.what


def test_a_broken_registry_is_one_sentence(registry: Server) -> None:
    registry.routes[DEBIAN] = answer(b"", 500)
    assert "500" in fault(ask(registry, "debian:12", "debian:13", "ubuntu:24.04")).what
    assert set(registry.paths) == {DEBIAN}


def test_an_unreachable_registry_is_one_sentence() -> None:
    found = fault(read_digests(["debian:12", "debian:13"], QUICK, TODAY, "http://127.0.0.1:9"))
    assert "takes no connection" in found.what


def test_a_registry_that_hangs_is_one_sentence(registry: Server) -> None:
    registry.routes[DEBIAN] = lambda exchange: registry.stopping.wait(60) and None
    assert "in time" in fault(ask(registry, "debian:12", "debian:13")).what


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html>sign in</html>", "text/html"),
        (b"[]", OCI_INDEX),
        (b'{"errors": []}', "application/json"),
        (b"\xff\xfe", OCI_INDEX),
        (b"9" * 5000, OCI_INDEX),
    ],
)
def test_garbage_is_said_to_be_none(registry: Server, content: bytes, kind: str) -> None:
    registry.routes[DEBIAN] = answer(content, kind=kind)
    assert "not that of a registry" in fault(ask(registry, "debian:12")).what


def test_a_digest_that_is_not_that_of_the_content_is_refused(registry: Server) -> None:
    registry.routes[DEBIAN] = answer(INDEX, kind=OCI_INDEX, Docker_Content_Digest=sha256(b"other"))
    assert "not that of a registry" in fault(ask(registry, "debian:12")).what


def test_an_answer_without_end_is_left(registry: Server) -> None:
    registry.routes[DEBIAN] = answer(b" " * (5 << 20), kind=OCI_INDEX)
    assert "more than" in fault(ask(registry, "debian:12")).what


@pytest.mark.parametrize(
    "challenge",
    ["", 'Basic realm="x"', "Bearer", 'Bearer realm="file:///etc/passwd"', 'Bearer realm="{address}/none"'],
)
def test_a_challenge_that_cannot_be_met(registry: Server, challenge: str) -> None:
    header = challenge.replace("{address}", registry.address)
    registry.routes[DEBIAN] = answer(b"", 401, WWW_Authenticate=header)
    assert "debian:12" in fault(ask(registry, "debian:12")).what


@pytest.mark.parametrize(
    "token", [b"{}", b"no json", b'{"token": "a\\r\\nX-Header: b"}', b'{"token": 5}', b'{"token": ""}']
)
def test_a_token_that_is_none(registry: Server, token: bytes) -> None:
    registry.routes[DEBIAN] = guarded(registry, INDEX)
    registry.routes[GIVEN_AT] = answer(token)
    assert "not that of a registry" in fault(ask(registry, "debian:12")).what


def test_a_token_that_does_not_help_is_not_fetched_again(registry: Server) -> None:
    registry.routes[DEBIAN] = guarded(registry, INDEX)
    registry.routes[GIVEN_AT] = answer(b'{"token": "another"}')
    assert "401" in fault(ask(registry, "debian:12")).what
    assert registry.paths == [DEBIAN, GIVEN_AT, DEBIAN]
