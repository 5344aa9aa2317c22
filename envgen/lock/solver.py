"""Resolving a request with uv, for any platform and Python, whether or not they are here."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name

from envgen.cell import PythonVersion
from envgen.compat.pins import StaticMetadata
from envgen.errors import LockError
from envgen.index.access import shown
from envgen.lock.configuration import IndexConfiguration
from envgen.lock.once import Once
from envgen.lock.pep751 import BuildRequirement, Document, File, Package, Source, parse_document
from envgen.lock.request import LockRequest, SourceRequest
from envgen.lock.uv import Uv
from envgen.lock.words import explain, lacks_torch, unreachable
from envgen.machine import find_interpreter


@dataclass(frozen=True)
class Solution:
    """What uv resolved.

    Attributes:
        text: a PEP 751 lock.
        beside: addresses of indexes that were asked beside the configured ones.
        build: by name, what the source stubs among its packages are built with.
    """

    text: str
    document: Document
    beside: tuple[str, ...]
    source: Source | None
    build: Mapping[str, BuildRequirement] = field(default_factory=dict)


@dataclass(frozen=True)
class _Attempt:
    """Indexes to ask beside the configured ones, as addresses or as options of uv."""

    indexes: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    words: str = ""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Who is asked; of an option of uv, the option."""
        return (*(urlsplit(index).netloc for index in self.indexes), *self.options[:1])


CONFIGURED = _Attempt()
_Target = tuple[str, str, tuple[str, ...]]  # of a Python and a platform, from these further indexes


@dataclass
class Solver:
    """Runs uv; safe to use from several threads.

    Attributes:
        refresh: whether pages that uv holds are asked for again, however young they are.
        moving: names of packages that may move; all others stay as a lock has them.
        uv: shared by solvers that are stopped together.
    """

    configuration: IndexConfiguration
    refresh: bool = False
    moving: tuple[str, ...] = ()
    uv: Uv = field(default_factory=Uv)
    _unreachable: dict[tuple[str, ...], str] = field(default_factory=dict)
    _sources: Once[tuple[SourceRequest, PythonVersion, tuple[str, ...]], Source] = field(default_factory=Once)
    _wheels: Once[tuple[str, _Target], bool] = field(default_factory=Once)
    _build: Once[tuple[tuple[str, ...], _Target], Mapping[str, BuildRequirement]] = field(default_factory=Once)

    @property
    def uv_version(self) -> str:
        return self.uv.version

    def solve(self, request: LockRequest, base: str = "") -> Solution:
        """The packages of a request.

        Args:
            base: the text of the lock whose versions stay, but for those of `moving`.

        Raises:
            LockError: no solution, or an index that cannot be reached; one sentence each.
        """
        source = self._source(request) if request.source else None
        stubs = tuple(stub for stub in request.metadata if not self._has_wheel(request, stub))
        failures: list[str] = []
        for attempt in _attempts(request):
            done = self._resolve(request, stubs, attempt, base)
            if done.returncode == 0:
                beside = (*(shown(address) for address in (*attempt.indexes, *request.extra_indexes)), attempt.words)
                document = _parsed(done.stdout)
                build = self._built_with(request, stubs, document)
                return Solution(done.stdout, document, tuple(filter(None, beside)), source, build)
            failures.append(done.stderr)
            if "No solution found" not in done.stderr:
                break
        if unusable := self.configuration.unusable_index:
            raise LockError(
                f"the configured index {shown(unusable)} is neither an http(s) address nor a folder that is here.",
                "Correct `index-url` in pip's configuration.",
            )
        # What PyTorch's index answers is the reason only where the others lack the torch that it was asked for.
        raise explain(request, failures[-1] if lacks_torch(failures[0]) else failures[0])

    def stop(self) -> None:
        """Ends what runs and begins nothing more."""
        self.uv.stop()

    def _resolve(
        self, request: LockRequest, stubs: tuple[StaticMetadata, ...], attempt: _Attempt, base: str
    ) -> subprocess.CompletedProcess[str]:
        known = self._unreachable.get(attempt.hosts)
        if known is not None:
            return subprocess.CompletedProcess(args=[], returncode=2, stdout="", stderr=known)
        metadata = [_metadata_entry(stub.name, stub.version, stub.requires) for stub in stubs]
        further = [*attempt.options, *_wheels_for(request)]
        for name in sorted({stub.name for stub in stubs}):
            further += ["--no-binary", name]
        lines = (request.torch, *request.others)
        done = self._compile(request, lines, metadata, (*attempt.indexes, *request.extra_indexes), further, base)
        if attempt != CONFIGURED and done.returncode != 0 and unreachable(done.stderr):
            self._unreachable[attempt.hosts] = done.stderr  # every further cell gets this answer without waiting for it
        return done

    def _has_wheel(self, request: LockRequest, stub: StaticMetadata) -> bool:
        """Whether an index has the real wheel, whose own metadata count then, in place of a source stub.

        Raises:
            LockError: an index cannot be reached.
        """
        line = f"{stub.name}{stub.wanted}"
        return self._wheels.get((line, _target(request)), lambda: self._find_wheel(request, stub, line))

    def _find_wheel(self, request: LockRequest, stub: StaticMetadata, line: str) -> bool:
        metadata = [_metadata_entry(stub.name, "", ())]  # what the wheel says of itself is asked when it is resolved
        further = ["--no-deps", *_wheels_for(request)]
        done = self._compile(request, (line,), metadata, request.extra_indexes, further, form="requirements.txt")
        if done.returncode != 0 and "No solution found" not in done.stderr:
            raise explain(request, done.stderr)
        return done.returncode == 0

    def _built_with(
        self, request: LockRequest, stubs: tuple[StaticMetadata, ...], document: Document
    ) -> Mapping[str, BuildRequirement]:
        """What is needed to build the stubs that were chosen, by name.

        Raises:
            LockError: no index has it, or one cannot be reached.
        """
        sources = {canonicalize_name(package.name) for package in document.packages if not package.wheels}
        lines = tuple(sorted({line for stub in stubs if stub.name in sources for line in stub.build}))
        if not lines:
            return {}
        return self._build.get((lines, _target(request)), lambda: self._find_build(request, lines))

    def _find_build(self, request: LockRequest, lines: tuple[str, ...]) -> Mapping[str, BuildRequirement]:
        done = self._compile(request, lines, [], request.extra_indexes, _wheels_for(request))
        if done.returncode != 0:
            error = explain(request, done.stderr)
            raise LockError(f"what TensorRT's source stubs are built with cannot be had: {error.what}", error.remedy)
        return {canonicalize_name(each.name): _build_requirement(each) for each in _parsed(done.stdout).packages}

    def _source(self, request: LockRequest) -> Source:
        assert request.source
        key = (request.source, request.cell.python, request.extra_indexes)
        found = self._sources.get(key, lambda: self._find_source(request, key[0]))
        if key[0].sha256 not in ("", found.sha256):
            raise LockError(
                f"the extension's source {found.name}=={found.version} is not the one that the matrix names: its sha256"
                f" is {found.sha256} at {shown(found.url)}, and `extension.sha256` is {key[0].sha256}.",
                "Find out which of the two is meant before you correct `extension.sha256`.",
            )
        return found

    def _find_source(self, request: LockRequest, wanted: SourceRequest) -> Source:
        """The extension's source distribution: its place and hash, without running anything of it.

        Raises:
            LockError: there is none, or an index cannot be reached.
        """
        lines = (f"{wanted.name}=={wanted.version}",)
        metadata = [_metadata_entry(wanted.name, wanted.version, ())]  # told, so that uv builds nothing to learn it
        further = ["--no-deps", "--no-binary", wanted.name]
        done = self._compile(request, lines, metadata, request.extra_indexes, further)
        if done.returncode != 0:
            error = explain(request, done.stderr)
            absent = "No solution found" in done.stderr
            raise LockError(
                f"the extension's source {lines[0]} cannot be had: {error.what}",
                "Correct `extension.source`, or name the index that has it." if absent else error.remedy,
            )
        file = _parsed(done.stdout).packages[0].installed
        return Source(name=wanted.name, version=wanted.version, url=_address(file), sha256=file.hashes.sha256)

    def _compile(
        self,
        request: LockRequest,
        lines: tuple[str, ...],
        metadata: list[dict[str, object]],
        indexes: tuple[str, ...],
        further: list[str],
        base: str = "",
        form: str = "pylock.toml",
    ) -> subprocess.CompletedProcess[str]:
        """Runs `uv pip compile`; its standard output is the lock.

        Args:
            lines: requirements.
            metadata: entries of uv's `dependency-metadata`.
            indexes: those to ask beside the configured ones.
            further: options of uv.
            form: of its output; that of a lock has hashes, for which a file may have to be fetched.
        """
        with tempfile.TemporaryDirectory(prefix="envgen-lock-") as scratch:
            folder = Path(scratch)
            wanted = folder / "requirements.in"
            wanted.write_text("\n".join(lines) + "\n", encoding="utf-8")
            if base:  # uv keeps the versions of the file that it writes to
                (folder / "pylock.toml").write_text(base, encoding="utf-8")
                further += ["--output-file", str(folder / "pylock.toml")]
                further += [option for name in self.moving for option in ("--upgrade-package", name)]
            options, entries = self._indexes(*indexes)
            arguments = [
                "pip", "compile", str(wanted), "--format", form, "--no-header", "--quiet",
                *_python_options(request.cell.python), *options, *further,
                *self.configuration.uv.options_with(metadata, folder, entries),
            ]  # fmt: skip
            done = self.uv.run(arguments, self._environment(request))
            if base and done.returncode == 0:
                done.stdout = (folder / "pylock.toml").read_text(encoding="utf-8")
            return done

    def _indexes(self, *further: str) -> tuple[tuple[str, ...], tuple[dict[str, object], ...]]:
        """Options, and entries of uv's settings, that say which indexes are asked, and whether anew."""
        if not (self.refresh or self.moving):
            return self.configuration.settings(*further)
        # What is to move is to be seen: pages that hold by an entry are fresh to uv even when it is told to refresh.
        anew = ("--refresh",) if self.refresh and not os.environ.get("UV_OFFLINE") else ()
        return (*self.configuration.arguments(*further), *anew), ()

    def _environment(self, request: LockRequest) -> dict[str, str]:
        environment = os.environ | dict(self.configuration.variables)
        if request.macos_target:
            environment["MACOSX_DEPLOYMENT_TARGET"] = request.macos_target
        return environment


def _attempts(request: LockRequest) -> Iterator[_Attempt]:
    """The user's own indexes and folders come first; PyTorch's own index is asked when they lack this build."""
    if not request.only_pytorch:
        yield CONFIGURED
    if request.pytorch_index:
        yield _Attempt(indexes=(f"{request.pytorch_index.rstrip('/')}/{request.torch_folder}",))
    elif request.torch_folder:
        options = ("--torch-backend", request.torch_folder)
        yield _Attempt(options=options, words=f"PyTorch's own, {request.torch_folder}")


def _python_options(python: PythonVersion) -> tuple[str, ...]:
    if python.free_threaded:
        # uv takes the ABI of a free-threaded Python from an interpreter only; it may fetch one.
        return ("--python", str(find_interpreter(python) or python))
    return ("--python-version", str(python), "--python", sys.executable, "--no-python-downloads")


def _wheels_for(request: LockRequest) -> list[str]:
    return ["--only-binary", ":all:", "--python-platform", request.platform]


def _target(request: LockRequest) -> _Target:
    return str(request.cell.python), request.platform, request.extra_indexes


def _build_requirement(package: Package) -> BuildRequirement:
    file = package.installed
    return BuildRequirement(version=package.version, url=_address(file), sha256=file.hashes.sha256)


def _address(file: File) -> str:
    return file.url or Path(file.path).absolute().as_uri()


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
