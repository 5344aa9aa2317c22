"""Certificates: checked, with the authorities that are configured, except where the user says not to."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from envgen.index import IndexFault, Reader
from tests.index.server import Server, answer, link, links, serving

MakeReader = Callable[..., Reader]
PAGE = links(link("torch-1.0.zip"))


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def authorities(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(str(tmp_path / "authorities.pem"))
    return str(tmp_path / "authorities.pem")


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with serving(context) as site:
        site.routes["/simple/torch/"] = answer(PAGE)
        yield site


def test_the_configured_authorities_are_trusted(secure: Server, authorities: str, reader: MakeReader) -> None:
    assert len(reader(f"{secure.address}/simple", certificate=authorities).listings("torch")) == 1


def test_they_win_over_the_environment(
    secure: Server, authorities: str, reader: MakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ssl.get_default_verify_paths().cafile or __file__)
    assert len(reader(f"{secure.address}/simple", certificate=authorities).listings("torch")) == 1


def test_those_of_the_environment_are_used(
    secure: Server, authorities: str, reader: MakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authorities)
    assert len(reader(f"{secure.address}/simple").listings("torch")) == 1


def test_an_unknown_authority(secure: Server, reader: MakeReader) -> None:
    with pytest.raises(IndexFault, match=r"no TLS connection that can be trusted .*certificate") as raised:
        reader(f"{secure.address}/simple").listings("torch")
    assert "`cert` in pip's configuration" in raised.value.remedy
    assert secure.asked == []


def test_a_certificate_for_another_host(secure: Server, authorities: str, reader: MakeReader) -> None:
    with pytest.raises(IndexFault, match=r"no TLS connection that can be trusted .*127\.0\.0\.1"):
        reader(f"{secure.address.replace('localhost', '127.0.0.1')}/simple", certificate=authorities).listings("torch")


def test_a_bundle_that_is_none(secure: Server, reader: MakeReader, tmp_path: Path) -> None:
    (tmp_path / "bundle.pem").write_text("nothing")
    with pytest.raises(IndexFault, match="no TLS connection that can be trusted"):
        reader(f"{secure.address}/simple", certificate=str(tmp_path / "bundle.pem")).listings("torch")


def test_a_server_without_tls(server: Server, reader: MakeReader) -> None:
    with pytest.raises(IndexFault, match="no TLS connection that can be trusted"):
        reader(f"{server.address.replace('http:', 'https:')}/simple").listings("torch")


@pytest.mark.parametrize("with_port", [True, False])
@pytest.mark.filterwarnings("error")
def test_a_trusted_host_is_not_checked(secure: Server, reader: MakeReader, with_port: bool) -> None:
    host = secure.address.removeprefix("https://")
    trusted = host if with_port else host.partition(":")[0]
    assert len(reader(f"{secure.address}/simple", trusted_hosts=(trusted,)).listings("torch")) == 1


def test_a_redirect_away_from_a_trusted_host_is_checked(
    secure: Server, authority: trustme.CA, reader: MakeReader
) -> None:
    elsewhere = secure.address.replace("localhost", "127.0.0.1")
    secure.routes["/simple/torch/"] = answer(b"", 302, Location=f"{elsewhere}/simple/torch/")
    with pytest.raises(IndexFault, match="no TLS connection that can be trusted"):
        reader(f"{secure.address}/simple", trusted_hosts=("localhost",)).listings("torch")
    assert len(secure.asked) == 1


def test_a_client_certificate_is_shown(
    authority: trustme.CA, authorities: str, reader: MakeReader, tmp_path: Path
) -> None:
    own = tmp_path / "client.pem"
    authority.issue_cert("somebody@mail.example").private_key_and_cert_chain_pem.write_to_path(str(own))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    with serving(context) as site:
        site.routes["/simple/torch/"] = answer(PAGE)
        index = f"{site.address}/simple"
        assert len(reader(index, certificate=authorities, client_certificate=str(own)).listings("torch")) == 1
        with pytest.raises(IndexFault):
            reader(index, certificate=authorities).listings("torch")
