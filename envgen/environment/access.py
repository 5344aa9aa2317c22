"""What an image's build is told of this machine's way to its packages: secrets, which stay in no layer, and proxies."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from envgen.lock import STUB_MIRROR, IndexConfiguration

PIP_CONF = "ENVGEN_PIP_CONF"  # the variable of the client that holds the secret of that name
BUNDLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class BuildAccess:
    """Options of `docker build`, and the variables of the client that they name."""

    arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


def build_access(configuration: IndexConfiguration, environ: Mapping[str, str]) -> BuildAccess:
    """pip's configuration and the certificates of this machine, as the Dockerfile takes them.

    Folders of this machine are left out: a build does not see them.
    """
    told = dict(environ) | dict(configuration.variables)
    arguments, variables = [], {}
    if settings := list(_pip_settings(configuration, told)):
        arguments += ["--secret", f"id=pip_conf,env={PIP_CONF}"]
        variables[PIP_CONF] = "\n".join(["[global]", *settings, ""])
    bundle = next((told[name] for name in BUNDLES if Path(told.get(name) or "/").is_file()), None)
    if bundle:
        arguments += ["--secret", f"id=ca_bundle,src={bundle}"]
    for name in (*PROXIES, STUB_MIRROR):
        if value := told.get(name) or told.get(name.lower()):
            arguments += ["--build-arg", name]  # its value is taken from the client's own
            variables[name] = value
    return BuildAccess(tuple(arguments), variables)


def _pip_settings(configuration: IndexConfiguration, told: Mapping[str, str]) -> Iterator[str]:
    if configuration.default_index and _is_remote(configuration.default_index):
        yield f"index-url = {configuration.default_index}"
    further = [index for index in configuration.extra_indexes if _is_remote(index)]
    links = [link for link in configuration.find_links if _is_remote(link)]
    for name, value in (
        ("extra-index-url", " ".join(further)),
        ("find-links", " ".join(links)),
        ("trusted-host", told.get("UV_INSECURE_HOST", "")),
        ("timeout", told.get("UV_HTTP_TIMEOUT", "")),
    ):
        if value:
            yield f"{name} = {value}"


def _is_remote(location: str) -> bool:
    return urlsplit(location).scheme in ("http", "https")


def environment_access(configuration: IndexConfiguration) -> BuildAccess:
    """As `build_access`, for the environment of this process."""
    return build_access(configuration, os.environ)
