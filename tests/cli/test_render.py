"""`envgen render` and `envgen lock` beside locks that are there already."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from run.project import TinyProject, cell_id

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
    assert answer["written"] == answer["files"][:2]  # the lock was written as it was made
    assert sorted(Path(file).name for file in answer["files"]) == [
        "Dockerfile",
        "Dockerfile.dockerignore",
        "pylock.toml",
    ]
    assert answer["failed"] == {}
    assert "3 files of 1 cell, 0 written." in envgen("render").out
    assert "3 files of 1 cell: what would be rendered now." in envgen("render", "--check").out
    lock.with_name("Dockerfile").unlink()
    said = envgen("render", "--check", "--json")
    assert said.code == 6
    (stale,) = json.loads(said.out)["stale"]
    assert stale == {"file": f"environments/{CELL}/Dockerfile", "is": "missing"}


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
