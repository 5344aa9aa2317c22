"""`envgen lock`: what it keeps, checks, upgrades and says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from run.project import TinyProject, cell_id

from tests.lock.index import wheel

from .conftest import Envgen

CELL = cell_id()
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")


@pytest.fixture
def folder(inside: TinyProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that may change, which is all that is configured."""
    folder = tmp_path / "own-wheels"
    wheel(folder, "torch", "2.13.0+cpu", requires=("numpy", "filelock"))
    for name in ("numpy", "filelock"):
        wheel(folder, name, "1.0")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    inside.write_matrix(axes="  simd: {variables: {on: {}, off: {}}}")
    return folder


@pytest.fixture
def lock(inside: TinyProject) -> Path:
    return inside.folder / "environments" / f"{CELL}-simd_on" / "pylock.toml"


def test_a_check_writes_nothing_and_names_every_reason(envgen: Envgen, folder: Path, lock: Path) -> None:
    said = envgen("lock", "--check")
    assert said.code == 6
    assert f"{CELL}-simd_on: there is no lock\n" in said.err
    assert not lock.exists()

    assert envgen("lock").code == 0
    assert "there is no requirements.txt" in envgen("lock", "--check", "--requirements").err
    assert envgen("lock", "--requirements").code == 0
    said = envgen("lock", "--check")
    assert said.code == 0, said.err
    assert said.out.startswith("2 locks of 2: what was asked for, the oldest made on 20")

    good, requirements = lock.read_text(), lock.with_name("requirements.txt")
    requirements.write_text(requirements.read_text() + "more==1.0\n")
    said = envgen("lock", "--check", "--json")
    assert said.code == 6
    checked = json.loads(said.out)
    assert (checked["checked"], checked["stale"]) == (
        2, {f"{CELL}-simd_on": "its requirements.txt is not of its lock"},
    )  # fmt: skip

    for content, why in (
        ("packages = 5\n", "its lock is damaged (packages: Input should be a valid tuple)"),
        (good.replace('name = "numpy"', 'name = "pandas"'), "its lock is not as envgen wrote it"),
    ):
        lock.write_text(content)
        said = envgen("lock", "--check")
        assert (said.code, lock.read_text()) == (6, content)
        assert f"1 lock of 2 would not be kept:\n{CELL}-simd_on: {why}\nRun `envgen lock`." in said.err
    assert envgen("lock").code == 0
    assert envgen("lock", "--check").code == 0


def test_a_check_sees_another_matrix_and_other_indexes(
    envgen: Envgen, inside: TinyProject, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert envgen("lock").code == 0
    monkeypatch.setenv("PIP_FIND_LINKS", f"{folder} {tmp_path}")
    said = envgen("lock", "--check")
    assert said.code == 6
    assert f"{CELL}-simd_off: its lock is of other indexes (now also {tmp_path})" in said.err
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    matrix = inside.folder / "matrix.yaml"
    matrix.write_text(matrix.read_text().replace("requires: []", "requires: [numpy]"))
    said = envgen("lock", "--check")
    assert said.code == 6
    assert f"{CELL}-simd_off: its lock is of another matrix, or of other facts" in said.err


def test_an_upgrade_says_what_moved(envgen: Envgen, folder: Path, lock: Path) -> None:
    assert "2 cells: 2 locked anew, 0 as they were, 0 failed." in envgen("lock").out
    said = envgen("lock", "--upgrade")
    assert "Nothing moved.\n2 cells: 0 locked anew, 2 as they were, 0 failed." in said.out
    for name in ("numpy", "filelock"):
        wheel(folder, name, "2.0")
    said = envgen("lock", "-P", "numpy")
    assert f"moved in 2 cells: numpy 1.0 -> 2.0\n       {CELL}-simd_off, {CELL}-simd_on\n" in said.out
    said = envgen("lock", "--upgrade", "--json")
    moved = json.loads(said.out)[f"{CELL}-simd_on"]
    assert moved["new"]
    assert moved["moved"] == [{"name": "filelock", "before": "1.0", "after": "2.0"}]
    assert moved["origin"] == {"indexes": [], "folders": [str(folder)], "beside": []}


@pytest.mark.parametrize(
    ("name", "why"), [("pandas", "none of 2 locks has pandas"), ("a b", "'a b' names no package (")]
)
def test_a_package_that_cannot_be_upgraded(name: str, why: str, envgen: Envgen, folder: Path) -> None:
    assert envgen("lock").code == 0
    said = envgen("lock", "-P", name)
    assert said.code == 2
    assert f"--upgrade-package: {why}" in said.err


def test_what_was_locked_is_said_before_what_could_not_be_upgraded(envgen: Envgen, folder: Path) -> None:
    said = envgen("lock", "-P", "pandas")
    assert said.code == 2
    assert "2 cells: 2 locked anew" in said.out


def test_options_of_pip_are_not_those_of_conda(envgen: Envgen, folder: Path) -> None:
    for option in (("-P", "numpy"), ("--requirements",)):
        said = envgen("lock", "--manager", "conda", *option)
        assert said.code == 2
        assert "are of pip's locks, and --manager is conda." in said.err


def test_options_of_conda_are_not_those_of_pip(envgen: Envgen, folder: Path) -> None:
    for option in (("--also", "pixi"), ("--conda-executable", "mamba")):
        said = envgen("lock", *option)
        assert said.code == 2
        assert "are of conda's locks, and --manager is pip." in said.err
    for option in (("--upgrade",), ("-P", "numpy")):
        said = envgen("lock", "--check", *option)
        assert said.code == 2
        assert "--check writes nothing, and an upgrade would." in said.err


def test_what_a_check_advises_helps(envgen: Envgen, folder: Path, lock: Path) -> None:
    assert envgen("lock").code == 0
    assert envgen("lock", "--check", "--requirements").err.endswith("Run `envgen lock --requirements`.\n")
    assert envgen("lock", "--requirements").code == 0
    requirements = lock.with_name("requirements.txt")
    requirements.write_text(requirements.read_text() + "more==1.0\n")
    assert envgen("lock", "--check").err.endswith("Run `envgen lock`.\n")
    assert envgen("lock").code == 0
    assert envgen("lock", "--check").code == 0


def test_requirements_of_somebody_else_stay_and_the_other_cells_go_on(envgen: Envgen, folder: Path, lock: Path) -> None:
    other = lock.parent.with_name(f"{CELL}-simd_off") / "requirements.txt"
    other.parent.mkdir(parents=True)
    other.write_text("numpy\n")
    said = envgen("lock", "--requirements")
    assert said.code == 5
    assert "2 cells: 2 locked anew" in said.out
    assert f"{other} was not written by envgen." in said.err
    assert other.read_text() == "numpy\n"
    assert lock.with_name("requirements.txt").exists()
