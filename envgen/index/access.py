"""How indexes are reached, and what goes wrong when they are not."""

from __future__ import annotations

from dataclasses import dataclass

from envgen.errors import EnvgenError


class IndexFault(EnvgenError):
    """An index or a wheel on it could not be read."""

    exit_code = 6


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
