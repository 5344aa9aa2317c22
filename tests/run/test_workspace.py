"""Where runs lie: their names, and the pointer to the latest."""

from __future__ import annotations

from pathlib import Path

import pytest

from envgen.errors import UsageError
from envgen.files import WriteError
from envgen.run.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / ".envgen" / "runs").mkdir(parents=True)
    return Workspace.beside(tmp_path / "matrix.yaml")


@pytest.mark.parametrize("name", ["a", "2026-11-21_x.1", "x" * 100])
def test_names_of_runs(workspace: Workspace, name: str) -> None:
    assert workspace.run(name) == workspace.runs / name


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-x", "x" * 101, "é", "a\n", "latest", "Latest"])
def test_names_that_no_run_can_have(workspace: Workspace, name: str) -> None:
    with pytest.raises(UsageError):
        workspace.run(name)


def test_the_latest_run(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="There is no run under"):
        workspace.latest_run()
    (workspace.runs / "latest").write_text("one\n")
    assert workspace.latest_run() == "one"


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"../up", b"latest"])
def test_a_damaged_pointer_is_said(workspace: Workspace, content: bytes) -> None:
    (workspace.runs / "latest").write_bytes(content)
    with pytest.raises(UsageError, match=r"latest is damaged: it names no run"):
        workspace.latest_run()


def test_version_control_leaves_the_folder_alone(tmp_path: Path) -> None:
    workspace = Workspace.beside(tmp_path / "matrix.yaml")
    for _ in range(2):
        workspace.make()
    assert (workspace.root / ".gitignore").read_text() == "*\n"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / ".envgen").write_text("a file in its place")
    with pytest.raises(WriteError, match=r"\.envgen is no folder"):
        Workspace.beside(tmp_path / "matrix.yaml").make()
