"""Stand-ins that the tests of the ladder and of the command line share."""

from __future__ import annotations

from pathlib import Path

import pytest
from run.project import TinyProject, torch_wheels


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheels named torch; the cache beside it is shared by all tests of a process."""
    folder = tmp_path_factory.mktemp("stand-in") / "wheels"
    folder.mkdir()
    return torch_wheels(folder)


@pytest.fixture
def project(tmp_path: Path, wheels: Path) -> TinyProject:
    """A project with one cell, for the running Python."""
    return TinyProject.make(tmp_path / "project", wheels)
