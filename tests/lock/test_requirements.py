"""requirements.txt made from locks, installed by the real pip."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.errors import LockError
from envgen.lock import (
    IndexConfiguration,
    Lock,
    LockedPackage,
    Locker,
    LockRequest,
    Origin,
    lock_request,
    requirements_text,
    stale_requirements,
    write_requirements,
)
from tests.lock.index import Index, wheel
from tests.plan.matrices import matrix

CELL = f"py3{sys.version_info.minor}-torch2.13-cu130-debian12-x86_64"
Pip = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with a pip of its own."""
    folder = tmp_path_factory.mktemp("pip")
    venv.create(folder, with_pip=True)
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


@pytest.fixture
def pip(python: Path, tmp_path: Path) -> Pip:
    """Installs a requirements.txt into a folder, under these settings of pip."""

    def install(requirements: Path, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [
            python, "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check", "--target",
            tmp_path / "installed", "--require-hashes", "-r", requirements,
        ]  # fmt: skip
        return subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)

    return install


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    wheel(folder, "torch", "2.13.0", requires=("filelock", "typing-extensions>=4"))
    wheel(folder, "filelock", "3.16.0")
    wheel(folder, "typing_extensions", "4.12.2")
    return folder


@pytest.fixture
def index(wheels: Path) -> Iterator[Index]:
    with Index(wheels).running() as running:
        yield running


def ask() -> LockRequest:
    return lock_request(Cell.parse(CELL), matrix(), Facts.bundled())


def locked(configuration: IndexConfiguration, folder: Path) -> Lock:
    return Locker(configuration, folder / "locks").lock(ask())


def installed(folder: Path) -> dict[str, str]:
    """Name to version of what lies there."""
    found = (re.fullmatch(r"(.+)-(.+)\.dist-info", path.name) for path in (folder / "installed").glob("*.dist-info"))
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def test_pip_installs_what_is_locked_and_nothing_newer(index: Index, wheels: Path, pip: Pip, tmp_path: Path) -> None:
    lock = locked(IndexConfiguration(default_index=index.simple), tmp_path)
    assert write_requirements(lock)
    assert not write_requirements(lock)
    wheel(wheels, "filelock", "3.99.0")
    done = pip(lock.path.with_name("requirements.txt"), PIP_INDEX_URL=index.simple)
    assert done.returncode == 0, done.stderr
    assert (
        installed(tmp_path) == lock.versions == {"torch": "2.13.0", "filelock": "3.16.0", "typing-extensions": "4.12.2"}
    )
    assert index.simple not in requirements_text(lock)  # the default index is the installer's own


def test_pip_refuses_a_wheel_of_another_hash(index: Index, wheels: Path, pip: Pip, tmp_path: Path) -> None:
    lock = locked(IndexConfiguration(default_index=index.simple), tmp_path)
    write_requirements(lock)
    wheel(wheels, "filelock", "3.16.0", files={"filelock/more.py": "tampered = True\n"})
    done = pip(lock.path.with_name("requirements.txt"), PIP_INDEX_URL=index.simple)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert installed(tmp_path) == {}


def test_files_of_folders_are_named_by_their_address(wheels: Path, pip: Pip, tmp_path: Path) -> None:
    lock = locked(IndexConfiguration(find_links=(str(wheels),), no_index=True), tmp_path)
    write_requirements(lock)
    wheel(wheels, "torch", "2.13.0+cpu")  # a build that pip would rather take
    done = pip(lock.path.with_name("requirements.txt"), PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels))
    assert done.returncode == 0, done.stderr
    assert installed(tmp_path) == lock.versions
    assert f"torch @ {(wheels / 'torch-2.13.0-py3-none-any.whl').as_uri()} \\" in requirements_text(lock)


def test_further_indexes_are_named_without_credentials(index: Index, pip: Pip, tmp_path: Path) -> None:
    wheel(tmp_path / "more", "filelock", "3.20.0")
    with Index(tmp_path / "more").running() as more:
        secret = more.simple.replace("http://", "http://somebody:secret@")
        lock = locked(IndexConfiguration(default_index=index.simple, extra_indexes=(secret,)), tmp_path)
        write_requirements(lock)
        done = pip(lock.path.with_name("requirements.txt"), PIP_INDEX_URL=index.simple)
    assert done.returncode == 0, done.stderr
    assert installed(tmp_path)["filelock"] == "3.20.0"
    text = requirements_text(lock)
    assert f"--extra-index-url {more.simple}\n" in text
    assert "secret" not in text


def test_files_of_an_index_without_a_known_address_are_named_by_their_own() -> None:
    def package(name: str, host: str) -> LockedPackage:
        return LockedPackage(name, "1.0+cu126", f"{name}.whl", f"https://{host}/{name}.whl", "0" * 64)

    packages = (
        package("filelock", "files.invalid"),
        package("torch", "torch.invalid"),
        package("triton", "torch.invalid"),
    )
    origin = Origin(indexes=("https://default.invalid",), beside=("PyTorch's own, cu126",))
    lock = Lock(Path("CELL/pylock.toml"), packages, "", "", "", origin=origin)
    lines = requirements_text(lock).splitlines()
    assert "filelock==1.0+cu126 \\" in lines
    assert {"torch @ https://torch.invalid/torch.whl \\", "triton @ https://torch.invalid/triton.whl \\"} <= set(lines)
    assert not [line for line in lines if line.startswith("--")]
    known = replace(lock, origin=replace_beside(origin, "https://mirror.invalid/cu126"))
    assert "--extra-index-url https://mirror.invalid/cu126" in requirements_text(known).splitlines()


def replace_beside(origin: Origin, *beside: str) -> Origin:
    return origin.model_copy(update={"beside": beside})


def test_it_goes_with_its_lock_once_it_is_there(index: Index, wheels: Path, tmp_path: Path) -> None:
    configuration = IndexConfiguration(default_index=index.simple)
    lock = locked(configuration, tmp_path)
    path = lock.path.with_name("requirements.txt")
    write_requirements(lock)
    path.write_text(path.read_text().replace("3.16.0", "3.15.0"))
    assert stale_requirements(lock)
    wheel(wheels, "filelock", "3.17.0")
    upgraded = Locker(configuration, tmp_path / "locks", upgrade=True).lock(ask())
    assert "filelock==3.17.0" in path.read_text()
    assert not stale_requirements(upgraded)


def test_somebody_elses_is_not_overwritten(index: Index, tmp_path: Path) -> None:
    lock = locked(IndexConfiguration(default_index=index.simple), tmp_path)
    path = lock.path.with_name("requirements.txt")
    path.write_text("mine\n")
    with pytest.raises(LockError, match="was not written by envgen"):
        write_requirements(lock)
    assert not stale_requirements(lock)
    Locker(IndexConfiguration(default_index=index.simple), tmp_path / "locks", upgrade=True).lock(ask())
    assert path.read_text() == "mine\n"
