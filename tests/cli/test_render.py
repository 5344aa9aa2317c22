"""`envgen render` and `envgen lock` beside locks that are there already."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from run.project import PYTHON, TinyProject, cell_id, here

from .conftest import Envgen

CELL = cell_id()
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")


@pytest.fixture
def lock(inside: TinyProject) -> Path:
    return inside.folder / "environments" / CELL / "pylock.toml"


def test_render_and_its_check(envgen: Envgen, lock: Path) -> None:
    said = envgen("render", "--json")
    assert said.code == 0, said.err
    answer = json.loads(said.out)
    names = [Path(file).name for file in answer["files"]]
    assert [Path(file).name for file in answer["written"]] == [name for name in names if name != "pylock.toml"]
    assert sorted(names) == [
        "Dockerfile",
        "Dockerfile.dockerignore",
        "compose.yaml",
        "devcontainer.json",
        "docker-bake.json",
        "pylock.toml",
        "pylock.torch.toml",
    ]
    assert answer["failed"] == {}
    assert "7 files of 1 cell, 0 written." in envgen("render").out
    assert "7 files of 1 cell: what would be rendered now." in envgen("render", "--check").out
    lock.with_name("Dockerfile").unlink()
    said = envgen("render", "--check", "--json")
    assert said.code == 6
    (stale,) = json.loads(said.out)["stale"]
    assert stale == {"file": f"environments/{CELL}/Dockerfile", "is": "missing"}


def test_what_no_digest_pins_is_said_in_the_file(envgen: Envgen, lock: Path) -> None:
    assert envgen("render").code == 0
    assert "`envgen images refresh`" in lock.with_name("Dockerfile").read_text()


def test_windows_cells_have_a_dockerfile_and_those_of_macos_none(envgen: Envgen, inside: TinyProject) -> None:
    inside.write_matrix(os="windows2022, macos14", arch="x86_64, aarch64")
    said = envgen("render", "--json")
    assert said.code == 0, said.err
    assert {file.split("/")[1] for file in json.loads(said.out)["files"]} == {
        f"py{PYTHON.replace('.', '')}-torch2.13-cpu-windows2022-x86_64"
    }
    inside.write_matrix(os="macos14", arch="aarch64")
    said = envgen("render")
    assert said.code == 4
    assert "macOS" in said.err


def test_a_conda_lock_gives_a_second_dockerfile(envgen: Envgen, inside: TinyProject, lock: Path) -> None:
    name = CELL.removesuffix(f"-{'-'.join(here())}")
    conda = inside.folder / "environments" / "conda" / name / "conda-lock.yml"
    conda.parent.mkdir(parents=True)
    conda.write_text("version: 1\n")
    assert envgen("render").code == 0
    text = lock.with_name("conda.Dockerfile").read_text()
    assert f"COPY environments/conda/{name}/conda-lock.yml" in text
    conda.write_text("version: 1 # another\n")
    assert "conda.Dockerfile" in envgen("render", "--check").err


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, ""),
        ("packages = 5\n", "damaged (packages: Input should be a valid tuple)"),
        ("packages = []\n", "of another matrix, or of other facts"),
    ],
)
def test_a_lock_that_cannot_be_used(envgen: Envgen, lock: Path, content: str | None, why: str) -> None:
    if content:
        lock.parent.mkdir(parents=True)
        lock.write_text(content)
    said = envgen("render", "--check")
    assert said.code == 6
    assert f"{CELL}: {f'its lock is {why}' if why else 'there is no lock'}" in said.err
    said = envgen("render")
    assert said.code == 0, said.out
    assert (f"Its lock is made anew: the one that was there is {why}." in said.out) is bool(why)
    assert envgen("render", "--check").code == 0


def test_lock_replaces_its_own_damaged_file(envgen: Envgen, lock: Path) -> None:
    lock.parent.mkdir(parents=True)
    lock.write_bytes(b"\xff\x00")
    said = envgen("lock")
    assert said.code == 0
    assert "lock-version" in lock.read_text()


def test_a_file_where_the_locks_are_to_be(envgen: Envgen, inside: TinyProject) -> None:
    (inside.folder / "environments").write_text("")
    for command in ("lock", "render"):
        said = envgen(command)
        assert said.code == 1
        assert "environments is no folder." in said.err
        assert "Traceback" not in said.err
