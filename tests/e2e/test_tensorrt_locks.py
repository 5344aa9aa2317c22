"""Locks of cells with TensorRT from the real indexes, for three platforms, with nothing of what is locked executed.

PyTorch's own index alone has torch's CUDA build for Windows. In its place stands a wheel with the METADATA of the
Windows wheel on the default index, read by ranges; all else that a Windows cell is locked to is real.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from uv import find_uv_bin

from envgen.cell import Cell, OsFamily, Release
from envgen.compat.facts import Facts
from envgen.compat.snapshot import Snapshot
from envgen.compat.store import BUNDLED
from envgen.errors import LockError
from envgen.index import File, Reader
from envgen.lock import Lock, Locker, LockRequest, build_constraints, lock_request, read_configuration
from envgen.refresh import inside
from envgen.refresh.access import configured_access
from tests.lock.index import unused_port, wheel
from tests.plan.matrices import matrix

pytestmark = pytest.mark.e2e

PAIRS = {"2.13": "11.0", "2.14": "11.1"}
PLATFORMS = ("ubuntu24.04-x86_64", "ubuntu24.04-aarch64", "windows2022-x86_64")
PYTHONS = ("312", "313")
FULL = [f"py{p}-torch{t}-cu130-trt{r}-{o}" for p in PYTHONS for t, r in PAIRS.items() for o in PLATFORMS]
OTHERS = [f"py312-torch2.13-cu130-trt11.1{f}-{o}" for f in ("lean", "dispatch") for o in PLATFORMS]
FACTS = Facts.bundled()
STUBS = ("tensorrt", "tensorrt-cu13", "tensorrt-cu13-libs")
# Whatever Python runs that does not shut the environment out, such as a build, leaves its arguments.
MARKER = "import os, sys\nopen(os.environ['ENVGEN_TEST_MARKER'], 'a').write(f'{sys.argv}\\n')\n"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    with Reader(configured_access(), tmp_path_factory.mktemp("pages")) as reader:
        yield reader


def named(reader: Reader, package: str, file: str) -> File:
    files = [each for listing in reader.listings(package) for each in listing.files if each.name == file]
    assert files, f"no index has {file}"
    return files[0]


def torch_of(minor: str) -> str:
    return str(FACTS.newest_patch(Release(minor)))


@pytest.fixture(scope="module")
def windows_torch(reader: Reader, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stand-ins of torch's CUDA builds for Windows."""
    folder = tmp_path_factory.mktemp("windows")
    for version in map(torch_of, PAIRS):
        for python in PYTHONS:
            tag = f"cp{python}-cp{python}-win_amd64"
            with reader.wheel(named(reader, "torch", f"torch-{version}-{tag}.whl")) as real:
                requires = tuple(real.metadata().get_all("Requires-Dist", ()))
            assert any(line.startswith("filelock") for line in requires)
            wheel(folder, "torch", f"{version}+cu130", tag, requires)
    return folder


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file that is there as soon as uv runs anything of what it resolves."""
    folder = tmp_path_factory.mktemp("marker")
    (folder / "sitecustomize.py").write_text(MARKER, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        patch.setenv("ENVGEN_TEST_MARKER", str(folder / "executed.txt"))
        patch.setenv("UV_CACHE_DIR", str(tmp_path_factory.mktemp("uv-cache")))  # in which nothing was built before
        patch.setenv("WHEEL_STUB_PIP_INDEX_URL", f"http://127.0.0.1:{unused_port()}/")
        yield folder / "executed.txt"


@pytest.fixture(scope="module")
def locks(
    windows_torch: Path, executed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Lock | LockError]:
    configuration = read_configuration()
    with_windows = replace(configuration, find_links=(*configuration.find_links, str(windows_torch)))
    locker = Locker(with_windows, tmp_path_factory.mktemp("locks"))
    made = locker.lock_all([ask(cell) for cell in (*FULL, *OTHERS)], jobs=2)
    assert not executed.exists(), executed.read_text(encoding="utf-8")
    return made


def ask(cell: str) -> LockRequest:
    return lock_request(Cell.parse(cell), matrix(), FACTS)


def made(locks: Mapping[str, Lock | LockError], cell: str) -> Lock:
    lock = locks[cell]
    assert isinstance(lock, Lock), lock
    return lock


@pytest.mark.parametrize("cell", FULL)
def test_a_full_tensorrt_is_locked_with_its_stubs(
    cell: str, locks: Mapping[str, Lock | LockError], reader: Reader
) -> None:
    lock, parsed = made(locks, cell), Cell.parse(cell)
    on_windows = parsed.os.family is OsFamily.WINDOWS
    torch = f"{torch_of(str(parsed.torch))}{'+cu130' * on_windows}"
    tensorrt = str(FACTS.newest_tensorrt(parsed.tensorrt)) if parsed.tensorrt else ""
    assert (lock.version("torch"), lock.version("torch-tensorrt")) == (torch, f"{parsed.torch}.0")
    assert {lock.version(name) for name in (*STUBS[1:], "tensorrt-cu13-bindings")} == {tensorrt}
    for package in lock.packages:
        assert package.file.endswith(".whl") is (package.name not in STUBS), package
    for package in lock.packages:
        if package.name in STUBS:
            listed = named(reader, package.name, package.file)
            assert package.sha256 == listed.sha256
            assert package.sha256 == _snapshot_hash(package.name, package.version, package.file)
    for name in ("torch-tensorrt", "tensorrt-cu13-bindings"):
        file = next(package.file for package in lock.packages if package.name == name)
        assert f"cp3{parsed.python.minor}" in file
        assert file.endswith("win_amd64.whl" if on_windows else f"{parsed.arch}.whl")
    assert {"wheel-stub", "setuptools"} <= set(lock.build)
    assert build_constraints(lock).count("--hash=sha256:") >= len(lock.build)


def _snapshot_hash(name: str, version: str, file: str) -> str:
    snapshot = Snapshot.read(BUNDLED / f"{name}.json")
    return str(snapshot.releases[Version(version)]["files"][file])


@pytest.mark.parametrize("cell", FULL)
def test_it_holds_what_the_files_themselves_require(
    cell: str, locks: Mapping[str, Lock | LockError], reader: Reader
) -> None:
    """As the wheels' METADATA and the stubs' PKG-INFO say, which the resolver was not asked to read of stubs."""
    lock = made(locks, cell)
    for package in lock.packages:
        if package.name in STUBS:
            file = named(reader, package.name, package.file)
            stub = inside.stub(reader.content(file, 1_000_000)).release
            lines = stub["requires"]
            assert {canonicalize_name(Requirement(line).name) for line in stub["build"]} <= set(lock.build)
        elif package.name in ("torch-tensorrt", "tensorrt-cu13-bindings"):
            with reader.wheel(named(reader, package.name, package.file)) as real:
                lines = real.metadata().get_all("Requires-Dist", [])
        else:
            continue
        for requirement in map(Requirement, lines):
            if requirement.marker is None or requirement.marker.evaluate(_environment(Cell.parse(cell))):
                found = lock.version(requirement.name)
                assert found, f"{package.name} requires {requirement}"
                assert requirement.specifier.contains(Version(found).public, prereleases=True), str(requirement)


def _environment(cell: Cell) -> dict[str, str]:
    on_windows = cell.os.family is OsFamily.WINDOWS
    return {
        **{name: str(value) for name, value in default_environment().items()},
        "python_version": str(cell.python),
        "python_full_version": f"{cell.python}.0",
        "sys_platform": "win32" if on_windows else "linux",
        "platform_system": "Windows" if on_windows else "Linux",
        "platform_machine": "AMD64" if on_windows else str(cell.arch),
        "os_name": "nt" if on_windows else "posix",
        "extra": "",
    }


@pytest.mark.parametrize("cell", OTHERS)
def test_a_runtime_alone_is_locked_to_wheels(cell: str, locks: Mapping[str, Lock | LockError]) -> None:
    lock = made(locks, cell)
    assert all(package.file.endswith(".whl") for package in lock.packages)
    assert lock.build == {}
    assert lock.version("torch-tensorrt") is None
    flavour = "lean" if "lean" in cell else "dispatch"
    assert {lock.version(f"tensorrt-{flavour}-cu13-{part}") for part in ("libs", "bindings")} == {"11.1.0.106"}


def test_what_runs_while_locking_would_be_seen(
    executed: Path, locks: Mapping[str, Lock | LockError], tmp_path: Path
) -> None:
    """The same stub as uv resolves it when nobody tells its metadata."""
    assert locks
    (tmp_path / "wanted.in").write_text("tensorrt-cu13-libs==11.0.0.114\n", encoding="utf-8")
    command = [find_uv_bin(), "pip", "compile", "wanted.in", "--python", sys.executable, "--no-python-downloads"]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "wheel_stub" in done.stderr
    assert executed.exists()
