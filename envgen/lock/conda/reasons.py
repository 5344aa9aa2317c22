"""Why a conda environment cannot be locked, in one sentence and one that says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from envgen.errors import LockError
from envgen.lock.conda.request import PlatformRequest

SHOWN = 3  # reasons of one kind

_NONE = re.compile(r"No candidates were found for (.+)\.")
_TOP = re.compile(r"(?P<spec>.+) cannot be installed because there are no viable options:")
_LEAF = re.compile(r"[│├└─\s]*(?P<what>.+?), (?:for which no candidates were found|which .+)\.?$")


def unsatisfiable(request: PlatformRequest, tree: str) -> LockError:
    """From the solver's tree: what was asked, and of its reasons the first few."""
    return LockError(f"no conda environment for {request.subdir}: {_shortened(tree)}.", _advice(request, tree))


def unspeakable(request: PlatformRequest, said: str) -> LockError:
    return LockError(
        f"the conda environment for {request.subdir} asks for something that is no package: {said}.",
        "Correct `conda: {requires: ...}` or the extension's requirements in matrix.yaml.",
    )


def unreachable(channels: Sequence[str], request: PlatformRequest, error: Exception) -> LockError:
    """A channel that cannot be read: where it was looked for, and the innermost cause."""
    said = str(error)
    if missing := re.search(r"could not find subdir '(.+?)' in channel '(.+?)'", said):
        return LockError(
            f"the channel {missing[2]} has no {missing[1]}/repodata.json.",
            "Correct its address, or name another under `conda: {channels: ...}`.",
        )
    if parsing := re.search(r"[^:\n]+ at line \d+ column \d+", said):
        return LockError(
            f"the channel {', '.join(channels)} is damaged: {request.subdir} or noarch has a repodata.json that is none"
            f" ({parsing[0].strip()}).",
            "Index the channel anew, or name another under `conda: {channels: ...}`.",
        )
    causes = [line.removeprefix("Caused by: ").strip() for line in said.splitlines() if line.strip()]
    address = re.search(r"for url \((.+?)\)", said)
    where = address[1] if address else f"{', '.join(channels)} ({request.subdir})"
    return LockError(
        f"{where} cannot be reached: {causes[-1] if causes else 'no answer'}.",
        "Check the network and the proxy, or name a mirror: `[mirrors]` in pixi's config.toml, `channel_alias` in"
        " .condarc, or another address under `conda: {channels: ...}`.",
    )


def of_all_platforms(error: Exception) -> bool:
    """Whether what is wrong with a channel is wrong for every platform: its host, or what all of them share."""
    return "Request failed after" in str(error) or "subdir 'noarch'" in str(error)


def _shortened(tree: str) -> str:
    text = tree.removeprefix("Cannot solve the request because of:").strip()
    if none := _NONE.match(text):
        return f"the channels have no {_plain(none[1])}"
    head, *lines = text.splitlines()
    top = _TOP.match(head)
    reasons = list(dict.fromkeys(_reasons(lines)))
    if not top or not reasons:
        return re.sub(r"[│├└─\s]+", " ", text).strip().rstrip(".")
    more = f" or {len(reasons) - SHOWN} others" if len(reasons) > SHOWN else ""
    return f"{_plain(top['spec'])} would need {' or '.join(reasons[:SHOWN])}{more}, which cannot be had with the rest"


def _reasons(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if leaf := _LEAF.match(line):
            yield _plain(leaf["what"])


def _plain(spec: str) -> str:
    return spec.removesuffix(" *").strip()


def _advice(request: PlatformRequest, tree: str) -> str:
    if "__cuda" in tree or "__glibc" in tree or "__osx" in tree:
        return "A machine of this cell does not have that; choose a newer system or CUDA for it."
    torch = next((spec for spec in request.specs if spec.startswith("pytorch ")), "")
    if torch and torch in tree:
        return (
            "The channels have no such build of torch for this Python and platform: leave the cell out with `exclude`,"
            " or name a channel that has it under `conda: {channels: ...}`."
        )
    return "Loosen that requirement, or name a channel that has it under `conda: {channels: ...}` in matrix.yaml."
