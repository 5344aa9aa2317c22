"""Stand-ins that the tests of the ladder and of the command line share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from gpu.stand_in import StandInDriver, built
from run.project import TinyProject, torch_wheels


@pytest.fixture(autouse=True, scope="session")
def bundled_facts() -> Iterator[None]:
    """No test, and no program that one starts, goes by what is in the cache of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENVGEN_FACTS", "bundled")
        yield


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheels named torch; the cache beside it is shared by all tests of a process."""
    folder = tmp_path_factory.mktemp("stand-in") / "wheels"
    folder.mkdir()
    return torch_wheels(folder)


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """Programs that tests start can be interrupted, also where a shell runs the tests in its background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def project(tmp_path: Path, wheels: Path) -> TinyProject:
    """A project with one cell, for the running Python."""
    return TinyProject.make(tmp_path / "project", wheels)


@pytest.fixture(scope="session")
def driver_libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the libraries of a driver that is none."""
    return built(tmp_path_factory.mktemp("driver"))


@pytest.fixture
def driver(driver_libraries: Path, tmp_path: Path) -> StandInDriver:
    """Two GPUs for the processes that are given its variables, whole at first."""
    faults = tmp_path / "faults-of-devices"
    faults.mkdir()
    return StandInDriver(driver_libraries, faults)
