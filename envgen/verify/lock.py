"""The lock again: installed from the cache alone into a fresh environment, which must be what the lock says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.utils import canonicalize_name

from envgen.compat.words import counted
from envgen.environment import Unavailable, VenvEnvironment
from envgen.lock import Lock
from envgen.results import Outcome
from envgen.run.bench import Bench
from envgen.run.downloads import downloads
from envgen.run.folders import remove_tree
from envgen.run.told import beside_the_cell
from envgen.verify.compare import Difference, Tree, allowances, compare, folder_tree
from envgen.verify.proof import Proof, judged

LOCK = "lock"


def prove_lock(environment: VenvEnvironment, lock: Lock, bench: Bench) -> Proof:
    """Installs twice at one place, the second time offline.

    Raises:
        Interrupted: the user asked to stop.
    """
    if tampered := next(_tampered(lock), ""):
        return Proof(LOCK, Outcome.FAILED, tampered)
    trees: list[Tree] = []
    for offline in (False, True):
        try:
            trees.append(_install(environment, bench, offline=offline))
        except Unavailable as reason:
            return Proof(LOCK, Outcome.NOT_RUN, str(reason))
        except _FailedError as failure:
            return Proof(LOCK, Outcome.FAILED, str(failure))
    found = _versions(environment)
    wanted = lock.versions
    differences = compare(trees[0], trees[1], allowances("venv"))
    others = tuple(
        Difference(name, f"{found.get(name, 'not')} installed, the lock says {wanted.get(name, 'nothing of it')}")
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    )
    remove_tree(environment.folder)
    packages, paths = counted(len(wanted), "package"), counted(len(trees[0]), "equal path")
    same = f"{packages} installed offline from the cache: the lock's versions, {paths}"
    return judged(LOCK, same, others + differences)


class _FailedError(Exception):
    """A command did not end well; the text says why."""


def _install(environment: VenvEnvironment, bench: Bench, *, offline: bool) -> Tree:
    remove_tree(environment.folder)
    environment.prepare()
    for command in environment.creation():
        told = {"UV_OFFLINE": "1"} if offline else {}
        ending = bench.run(replace(command, variables={**command.variables, **told}), downloads)
        if not ending.ok:
            if reason := beside_the_cell(bench.log):
                raise Unavailable(reason)
            again = " again, offline from the cache" if offline else ""
            raise _FailedError(bench.why(ending, f"the lock was installed{again}"))
    return folder_tree(environment.folder)


def _versions(environment: VenvEnvironment) -> dict[str, str]:
    site = environment.site_packages()
    found = distributions(path=[str(site)]) if site else ()
    return {canonicalize_name(each.metadata["Name"]): each.version for each in found}


def _tampered(lock: Lock) -> Iterator[str]:
    """Files of this machine that are not what was locked. What comes from an index, uv checks as it arrives."""
    for package in lock.local_files:
        file = Path(url2pathname(urlsplit(package.location).path))
        if not file.is_file():
            yield f"{file}, which the lock names, is gone"
            continue
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        if digest != package.sha256:
            short, locked = digest[:12], package.sha256[:12]
            yield f"{file} is not the file that was locked: its sha256 is {short}..., the lock says {locked}..."
