"""Resolving a cell's lock with uv, for any platform and Python, whether or not they are here."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import tomli_w

from envgen import __version__
from envgen.cell import PythonVersion
from envgen.errors import LockError
from envgen.files import write_atomically
from envgen.lock.configuration import IndexConfiguration
from envgen.lock.crew import Crew
from envgen.lock.pep751 import Document, parse_document
from envgen.lock.pylock import DamagedLockError, Lock, read_lock
from envgen.lock.request import LockRequest
from envgen.lock.sizes import file_sizes
from envgen.lock.uv import Uv
from envgen.lock.words import explain, lacks_torch, unreachable
from envgen.machine import find_interpreter

ENVIRONMENTS = "environments"  # beside the matrix: a folder for each cell, with its lock and what is rendered from it
GRACE = 1.0  # seconds in which interrupted calls put away their scratch folders


@dataclass(frozen=True)
class _Attempt:
    """Indexes to ask beside the configured ones, as addresses or as options of uv."""

    words: str
    indexes: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


CONFIGURED = _Attempt("the configured ones")


@dataclass(frozen=True)
class Kept:
    """What was found for a cell: the lock to use, if any, and why each other one that is there cannot be."""

    lock: Lock | None
    unused: Mapping[Path, str] = field(default_factory=dict)

    def sentences(self, except_for: Path | None = None) -> tuple[str, ...]:
        """Says which locks are not used; not of one that is about to be replaced."""
        return tuple(f"{path} is not used: it is {why}." for path, why in self.unused.items() if path != except_for)


@dataclass
class Locker:
    """Makes and keeps locks; one object per run, safe to use from several threads.

    Attributes:
        folder: where new locks are written, a folder for each cell.
        committed: where locks may be that a maintainer made; they come first.
        upgrade: resolve again although a lock of an equal request is there.
    """

    configuration: IndexConfiguration
    folder: Path
    committed: tuple[Path, ...] = ()
    upgrade: bool = False
    _unreachable: dict[_Attempt, str] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _uv: Uv = field(default_factory=Uv)

    def lock(self, request: LockRequest) -> Lock:
        """The lock of a cell: the kept one while its request is unchanged, otherwise a new one.

        Raises:
            LockError: no solution, or an index that cannot be reached; one sentence each.
        """
        kept = self.look(request)
        if kept.lock and not self.upgrade:
            return kept.lock
        text = self._resolve(request)
        path = self.folder / str(request.cell) / "pylock.toml"
        write_atomically(path, text)
        return replace(read_lock(path), instead=kept.sentences(except_for=path))

    def look(self, request: LockRequest) -> Kept:
        """The lock that an equal request made before, and why others that are there are not used."""
        unused: dict[Path, str] = {}
        for folder in (*self.committed, self.folder):
            path = folder / str(request.cell) / "pylock.toml"
            if not path.is_file():
                continue
            try:
                lock = read_lock(path)
            except DamagedLockError as error:
                unused[path] = f"damaged ({error.why})"
                continue
            if lock.request == request.digest:
                return Kept(replace(lock, instead=Kept(None, unused).sentences()), unused)
            unused[path] = "of another matrix, or of other facts"
        return Kept(None, unused)

    def kept(self, request: LockRequest) -> Lock | None:
        """The lock that an equal request made before, if it is still there."""
        return self.look(request).lock

    def lock_all(
        self, requests: Sequence[LockRequest], jobs: int = 8, on_done: Callable[[int], None] | None = None
    ) -> dict[str, Lock | LockError]:
        """Locks many cells side by side: cell id to its lock, or to why there is none.

        Args:
            jobs: how many at a time.
            on_done: told after each cell how many are done.

        Raises:
            EnvgenError: a lock cannot be written.
            KeyboardInterrupt: the user asked to stop; no uv runs any more, and this object locks nothing more.
        """

        def one(request: LockRequest) -> Lock | LockError:
            try:
                return self.lock(request)
            except LockError as error:
                return error

        outcomes: dict[int, Lock | LockError] = {}
        crew = Crew(one, requests, jobs)
        try:
            for index, outcome in crew.results():
                outcomes[index] = outcome
                if on_done:
                    on_done(len(outcomes))
        except BaseException:
            crew.dismiss()
            self._uv.stop()
            crew.join(GRACE)
            raise
        return {str(request.cell): outcomes[index] for index, request in enumerate(requests)}

    def _resolve(self, request: LockRequest) -> str:
        own = {"source": self._source(request, *request.source)} if request.source else {}
        failures: list[str] = []
        for attempt in _attempts(request):
            done = self._run_uv(request, attempt)
            if done.returncode == 0:
                return self._with_header(request, done.stdout, {"indexes": attempt.words, **own})
            failures.append(done.stderr)
            if "No solution found" not in done.stderr:
                break
        # What PyTorch's index answers is the reason only where the others lack the torch that it was asked for.
        raise explain(request, failures[-1] if lacks_torch(failures[0]) else failures[0])

    def _run_uv(self, request: LockRequest, attempt: _Attempt) -> subprocess.CompletedProcess[str]:
        known = self._unreachable.get(attempt)
        if known is not None:
            return subprocess.CompletedProcess(args=[], returncode=2, stdout="", stderr=known)
        with tempfile.TemporaryDirectory(prefix="envgen-lock-") as scratch:
            arguments = self._arguments(request, attempt, Path(scratch))
            done = self._uv.run(arguments, self._environment(request))
        if attempt != CONFIGURED and done.returncode != 0 and unreachable(done.stderr):
            with self._guard:  # every further cell of this index gets the same answer without waiting for it
                self._unreachable[attempt] = done.stderr
        return done

    def _arguments(self, request: LockRequest, attempt: _Attempt, scratch: Path) -> list[str]:
        entries = [_metadata_entry(*entry) for entry in request.metadata]
        wanted = scratch / "requirements.in"
        wanted.write_text("\n".join((request.torch, *request.others)) + "\n", encoding="utf-8")
        arguments = [
            "pip", "compile", str(wanted), "--format", "pylock.toml", "--no-header", "--quiet",
            *_python_options(request.cell.python), "--python-platform", request.platform,
            "--only-binary", ":all:", *self.configuration.arguments(*attempt.indexes, *request.extra_indexes),
            *attempt.options, *self.configuration.uv.options_with(entries, scratch),
        ]  # fmt: skip
        for name in sorted({name for name, _, _ in request.metadata}):
            arguments += ["--no-binary", name]
        return arguments

    def _source(self, request: LockRequest, name: str, version: str) -> dict[str, str]:
        """The extension's source distribution: its place and hash, without running anything of it.

        Raises:
            LockError: there is none, or an index cannot be reached.
        """
        with tempfile.TemporaryDirectory(prefix="envgen-lock-") as scratch:
            wanted = Path(scratch) / "source.in"
            wanted.write_text(f"{name}=={version}\n", encoding="utf-8")
            entries = [_metadata_entry(name, version, ())]  # told, so that uv builds nothing to learn it
            arguments = [
                "pip", "compile", str(wanted), "--format", "pylock.toml", "--no-header", "--quiet", "--no-deps",
                *_python_options(request.cell.python), "--no-binary", name,
                *self.configuration.arguments(*request.extra_indexes),
                *self.configuration.uv.options_with(entries, Path(scratch)),
            ]  # fmt: skip
            done = self._uv.run(arguments, self._environment(request))
        if done.returncode != 0:
            error = explain(request, done.stderr)
            absent = "No solution found" in done.stderr
            raise LockError(
                f"the extension's source {name}=={version} cannot be had: {error.what}",
                "Correct `extension.source`, or name the index that has it." if absent else error.remedy,
            )
        found = _parsed(done.stdout).packages[0]
        url = found.installed.url or Path(found.installed.path).absolute().as_uri()
        return {"name": name, "version": version, "url": url, "sha256": found.installed.hashes.sha256}

    def _environment(self, request: LockRequest) -> dict[str, str]:
        environment = os.environ | dict(self.configuration.variables)
        if request.macos_target:
            environment["MACOSX_DEPLOYMENT_TARGET"] = request.macos_target
        return environment

    def _with_header(self, request: LockRequest, text: str, more: Mapping[str, object]) -> str:
        own = {
            "cell": str(request.cell),
            "request": request.digest,
            "envgen": __version__,
            "uv": self._uv.run(["--version"]).stdout.split()[1],
            "made-at": datetime.now(UTC).replace(microsecond=0),
            "sizes": file_sizes(_parsed(text)),
            **more,
        }
        header = (
            f"# Generated by envgen from matrix.yaml for the cell {request.cell}.\n"
            f"# Do not edit; regenerate with: envgen lock {request.cell}\n"
        )
        return header + text.rstrip() + "\n\n" + tomli_w.dumps({"tool": {"envgen": own}})


def _attempts(request: LockRequest) -> Iterator[_Attempt]:
    """The user's own indexes and folders come first; PyTorch's own index is asked when they lack this build."""
    if not request.only_pytorch:
        yield CONFIGURED
    if request.pytorch_index:
        yield _Attempt("PyTorch's own", indexes=(f"{request.pytorch_index.rstrip('/')}/{request.torch_folder}",))
    elif request.torch_folder:
        yield _Attempt("PyTorch's own", options=("--torch-backend", request.torch_folder))


def _python_options(python: PythonVersion) -> tuple[str, ...]:
    if python.free_threaded:
        # uv takes the ABI of a free-threaded Python from an interpreter only; it may fetch one.
        return ("--python", str(find_interpreter(python) or python))
    return ("--python-version", str(python), "--python", sys.executable, "--no-python-downloads")


def _metadata_entry(name: str, version: str, requires: tuple[str, ...]) -> dict[str, object]:
    exact = {"version": version} if version else {}
    return {"name": name, **exact, "requires-dist": list(requires)}


def _parsed(text: str) -> Document:
    try:
        return parse_document(text)
    except ValueError as error:
        raise LockError(
            f"uv made a lock without what makes it exact: {error}.", "Use an index that tells the sha256 of its files."
        ) from None
