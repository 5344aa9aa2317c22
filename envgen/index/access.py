"""How indexes are reached, and what goes wrong when they are not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import url2pathname

from envgen.errors import EnvgenError


class IndexFault(EnvgenError):  # noqa: N818 - the index is at fault, or the way to it
    """An index or a wheel on it could not be read."""

    exit_code = 7


@dataclass(frozen=True)
class Access:
    """How to reach indexes; each option as pip has it.

    Attributes:
        indexes: addresses of simple indexes, the default one first; empty: the library's default.
        folders: find-links: local folders of wheels, by path or `file:` address, or pages that link to wheels.
        no_index: look at the folders only.
        certificate: the bundle of certificate authorities to trust, in place of the usual ones.
        client_certificate: a file with a certificate and its key.
        trusted_hosts: `host` or `host:port` whose certificate is not checked.
        proxy: in place of the one that the environment names.
        timeout: seconds without an answer.
        deadline: seconds for one request with everything that belongs to it.
    """

    indexes: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    no_index: bool = False
    certificate: str | None = None
    client_certificate: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    proxy: str | None = None
    timeout: float = 20.0
    deadline: float = 120.0


def without_credentials(address: str) -> tuple[str, tuple[str, str] | None]:
    """An address as it may be shown and kept, and the user and password that stood in it.

    Raises:
        IndexFault: it is no address.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        kept = address.rpartition("@")[2]
        raise IndexFault(f"{kept} is not an address of an index.", "Correct it in pip's configuration.") from None
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return address, None
    name, _, password = user.partition(":")
    return urlunsplit(parts._replace(netloc=host)), (unquote(name), unquote(password))


def shown(address: str) -> str:
    """An address as a message may show it: a query may hold a secret too."""
    return urlunsplit(urlsplit(without_credentials(address)[0])._replace(query="", fragment=""))


def local_path(address: str) -> Path | None:
    """The path that an address means; None when it is on the network."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    return None if parts.scheme in ("http", "https") else Path(address)
