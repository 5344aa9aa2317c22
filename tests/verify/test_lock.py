"""`envgen verify --only lock` on a real environment of a second: uv, its cache, and stand-in wheels."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from run.project import TinyProject, cell_id, torch_wheels

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")
CELL = cell_id()


@pytest.fixture
def own(tmp_path: Path) -> TinyProject:
    """A project with wheels of its own, to be tampered with; no container engine is there."""
    (tmp_path / "wheels").mkdir()
    made = TinyProject.make(tmp_path / "project", torch_wheels(tmp_path / "wheels"))
    return TinyProject(made.folder, {**made.environ, "DOCKER_HOST": f"unix://{tmp_path}/none.sock"})


def test_the_same_environment_again(own: TinyProject) -> None:
    done = own.envgen("verify", CELL, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    lock, image = json.loads(done.stdout)[CELL]
    assert (lock["proof"], lock["outcome"]) == ("lock", "passed")
    assert "1 package installed offline from the cache" in lock["sentence"]
    assert (image["proof"], image["outcome"]) == ("image", "not run")
    assert image["sentence"]
    assert not (own.folder / ".envgen" / "verify" / CELL / "venv").exists()


def test_a_tampered_wheel_is_refused(own: TinyProject, tmp_path: Path) -> None:
    assert own.envgen("lock", CELL).returncode == 0
    (wheel,) = (tmp_path / "wheels").glob("torch-2.13.0+cpu*.whl")
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    done = own.envgen("verify", CELL, "--only", "lock")
    assert done.returncode == 1, done.stdout + done.stderr
    (said,) = (line for line in done.stdout.splitlines() if "lock failed" in line)
    assert f"{wheel} is not the file that was locked: its sha256 is " in said
    assert "Traceback" not in done.stdout + done.stderr


def test_a_wheel_that_is_gone_is_named(own: TinyProject, tmp_path: Path) -> None:
    assert own.envgen("lock", CELL).returncode == 0
    shutil.rmtree(tmp_path / "wheels")
    os.makedirs(tmp_path / "wheels")  # noqa: PTH103
    done = own.envgen("verify", CELL, "--only", "lock")
    assert done.returncode == 1, done.stdout + done.stderr
    assert ".whl, which the lock names, is gone" in done.stdout


def test_nothing_to_prove_here_is_no_success(own: TinyProject) -> None:
    own.write_matrix(os="windows2022", python='["3.12"]')
    done = own.envgen("verify", "*")
    assert done.returncode in (1, 4), done.stdout + done.stderr
    assert "passed" not in done.stdout


def test_a_cell_must_be_named(own: TinyProject) -> None:
    done = own.envgen("verify")
    assert done.returncode == 2
    assert "No cell was named." in done.stderr
