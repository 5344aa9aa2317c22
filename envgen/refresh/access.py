"""How the user reaches packages, from pip's and uv's settings, for envgen's own look at the indexes."""

from __future__ import annotations

import os
from collections.abc import Mapping

from envgen.index import Access
from envgen.lock.configuration import read_configuration
from envgen.lock.places import asks_no_index, configured_places

_DEFAULT = Access()


def configured_access(environ: Mapping[str, str] | None = None) -> Access:
    """The indexes, folders, certificates and proxy that pip and uv are configured with.

    Where uv's settings name indexes, pip's are left aside, as for locks. Nothing configured is the default index.

    Args:
        environ: the process's own by default.
    """
    environ = os.environ if environ is None else environ
    configuration = read_configuration(environ)
    said = {**environ, **configuration.variables}
    places = configured_places(configuration, environ)
    return Access(
        indexes=places.indexes,
        folders=places.folders,
        no_index=asks_no_index(configuration, environ),
        certificate=said.get("SSL_CERT_FILE") or None,
        client_certificate=said.get("SSL_CLIENT_CERT") or None,
        trusted_hosts=tuple(said.get("UV_INSECURE_HOST", "").split()),
        proxy=configuration.variables.get("HTTPS_PROXY"),  # one in the environment is taken from there
        timeout=_seconds(said.get("UV_HTTP_TIMEOUT")),
    )


def _seconds(text: str | None) -> float:
    try:
        return float(text) if text else _DEFAULT.timeout
    except ValueError:
        return _DEFAULT.timeout
