"""The digests of images, asked of their registries: the HTTP API v2, with the tokens that anybody is given."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode, urlsplit

from envgen.errors import EnvgenError
from envgen.image import ImageReference, LockedImage
from envgen.index.access import Access, IndexFault
from envgen.index.client import Answer, Client
from envgen.index.reasons import refused

DEFAULT_REGISTRY = "registry-1.docker.io"  # of an image that names none
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
_LOCAL = ("localhost", "127.0.0.1")  # which Docker, too, asks without TLS
_LARGEST = 4 << 20  # bytes, which is as much as registries take
_PARAMETER = re.compile(r'(\w+)="([^"]*)"', re.ASCII)


class RegistryError(EnvgenError):
    """A registry, or one image on it, could not be read."""

    exit_code = 7


class _SilentRegistryError(RegistryError):
    """Nothing else on this registry can be read either."""


@dataclass
class Digests:
    """What came of asking: the images that were read, and why others were not."""

    found: dict[str, LockedImage] = field(default_factory=dict)
    faults: list[RegistryError] = field(default_factory=list)


def read_digests(images: Iterable[str], access: Access, today: date, mirror: str = "") -> Digests:
    """Asks for each image once; a registry that cannot be reached is asked once in all.

    Args:
        images: without digests.
        access: certificates, proxy and timeouts.
        today: what is found is dated with it.
        mirror: address of the registry to ask for the images that name none.
    """
    client = Client(access)
    digests = Digests()
    silent: set[str] = set()
    try:
        for image in images:
            reference = ImageReference.parse(image)
            address = _address(reference, mirror)
            if address in silent:
                continue
            try:
                digests.found[image] = _read(client, reference, address, today)
            except RegistryError as fault:
                digests.faults.append(fault)
                if isinstance(fault, _SilentRegistryError):
                    silent.add(address)
    finally:
        client.close()
    return digests


def _address(reference: ImageReference, mirror: str) -> str:
    if mirror and not reference.registry:
        return mirror.rstrip("/")
    host = reference.registry or DEFAULT_REGISTRY
    scheme = "http" if host.partition(":")[0] in _LOCAL else "https"
    return f"{scheme}://{host}"


def _read(client: Client, reference: ImageReference, address: str, today: date) -> LockedImage:
    name = reference.repository
    if not reference.registry and "/" not in name:
        name = f"library/{name}"
    url = f"{address}/v2/{name}/manifests/{reference.tag or 'latest'}"
    subject = f"the digest of {reference} at {urlsplit(address).netloc}"
    answer = _ask(client, url, subject, {"Accept": ", ".join((*_INDEXES, *_MANIFESTS))})
    if answer.status == 401:
        token = _token(client, answer, name, subject)
        headers = {"Accept": ", ".join((*_INDEXES, *_MANIFESTS)), "Authorization": f"Bearer {token}"}
        answer = _ask(client, url, subject, headers)
    if answer.status != 200:
        raise _refusal(subject, answer.status)
    return LockedImage(_digest(answer, subject), _platforms(answer, subject), today, url)


def _ask(client: Client, url: str, subject: str, headers: Mapping[str, str]) -> Answer:
    try:
        return client.get(url, subject, _LARGEST, headers)
    except IndexFault as fault:
        raise _SilentRegistryError(fault.what, "Try again later, or name a mirror with --mirror.") from None


def _token(client: Client, challenge: Answer, name: str, subject: str) -> str:
    """What the registry's own token service gives to anybody who asks to pull.

    Raises:
        RegistryError: it names none, or that gives none.
    """
    header = challenge.headers.get("WWW-Authenticate", "")
    asked = dict(_PARAMETER.findall(header))
    realm = asked.get("realm", "")
    secure = challenge.url.startswith("http://") or realm.startswith("https://")
    if not header.lower().startswith("bearer ") or urlsplit(realm).scheme not in ("http", "https") or not secure:
        raise _refusal(subject, 401)
    query = {"service": asked.get("service", ""), "scope": asked.get("scope") or f"repository:{name}:pull"}
    answer = _ask(client, f"{realm}?{urlencode({key: value for key, value in query.items() if value})}", subject, {})
    if answer.status != 200:
        raise _refusal(subject, answer.status)
    document = _document(answer, subject)
    token = document.get("token") or document.get("access_token")
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
        raise _garbage(subject)
    return token


def _digest(answer: Answer, subject: str) -> str:
    """Of the content that came, which is what the registry must call it."""
    digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
    if answer.headers.get("Docker-Content-Digest", digest) != digest:
        raise _garbage(subject)
    return digest


def _platforms(answer: Answer, subject: str) -> tuple[str, ...]:
    """What an index lists; the entries without a platform are attestations."""
    document = _document(answer, subject)
    if document.get("mediaType", answer.headers.get("Content-Type")) not in (*_INDEXES, *_MANIFESTS):
        raise _garbage(subject)
    entries = document.get("manifests", [])
    found = [entry.get("platform") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    names = {f"{platform.get('os')}/{platform.get('architecture')}" for platform in found if isinstance(platform, dict)}
    return tuple(sorted(name for name in names if re.fullmatch(r"[a-z0-9]+/[a-z0-9]+", name) and "unknown" not in name))


def _document(answer: Answer, subject: str) -> Mapping[str, Any]:
    try:
        document = json.loads(answer.content)
    except ValueError:
        raise _garbage(subject) from None
    if not isinstance(document, dict):
        raise _garbage(subject)
    return document


def _garbage(subject: str) -> RegistryError:
    return RegistryError(
        f"Cannot read {subject}: the answer is not that of a registry.",
        "Check the image's host, or name a mirror with --mirror.",
    )


def _refusal(subject: str, status: int) -> RegistryError:
    what = refused(subject, status).what
    if status in (401, 403, 404):
        return RegistryError(what, "Check the image's name; only images that anybody may pull can be asked for.")
    kind = _SilentRegistryError if status == 429 or status >= 500 else RegistryError
    return kind(what, "Try again later, or name a mirror with --mirror.")
