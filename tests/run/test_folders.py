"""Removing what builds leave, holding what only one may use, and the files of a run."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from envgen.errors import EnvgenError
from envgen.results import CellResult, LeftOut, RunInfo
from envgen.run.folders import held, remove_tree
from envgen.run.journal import Journal
from envgen.run.process import Interrupt, Interrupted
from envgen.run.sources import copy_source, source_digest
from envgen.source import source_entries
from envgen.spec.matrix import Build, Extension
from tests.run.ordinary import run_as_ordinary_user


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    remove_tree(tmp_path / "gone")


def test_what_lies_in_the_place_of_a_folder(tmp_path: Path) -> None:
    there, place = tmp_path / "there", tmp_path / "place"
    there.mkdir()
    (there / "file").touch()
    for target in (there, tmp_path / "gone"):
        place.symlink_to(target)
        remove_tree(place)
        assert not place.is_symlink()
    place.touch()
    remove_tree(place)
    assert [path.name for path in tmp_path.rglob("*")] == ["there", "file"]


@pytest.mark.skipif(sys.platform == "win32", reason="no program makes such a folder there")
def test_a_folder_deeper_than_a_path_is_long(tmp_path: Path) -> None:
    code = """\
        import os
        os.mkdir("deep")
        os.chdir("deep")
        for _ in range(1200):
            os.mkdir("down")
            os.chdir("down")
            open("file", "w").close()
        """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, cwd=tmp_path)
    remove_tree(tmp_path / "deep")
    assert not [*tmp_path.iterdir()]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
def test_a_read_only_folder(tmp_path: Path) -> None:
    """As an ordinary user: to root, nothing is read-only."""
    code = """\
        outside = folder / "outside"
        outside.mkdir()
        outside.chmod(0o500)
        inner = folder / "built" / "deep" / "deeper"
        inner.mkdir(parents=True)
        (inner / "file").write_text("")
        (inner / "file").chmod(0o400)
        (inner / "link").symlink_to(outside)
        for path in (inner, inner.parent, inner.parent.parent):
            path.chmod(0o500)
        remove_tree(folder / "built")
        assert not (folder / "built").exists()
        assert outside.stat().st_mode & 0o777 == 0o500
        outside.rmdir()
        folder.rmdir()
    """
    run_as_ordinary_user("from envgen.run.folders import remove_tree", code)


def test_a_lock_is_for_one_at_a_time(tmp_path: Path) -> None:
    file, order, waiting = tmp_path / "new" / "it.lock", [], threading.Event()

    def second() -> None:
        with held(file, Interrupt(), waiting.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with held(file, Interrupt(), lambda: pytest.fail("nobody else has it")):
        thread.start()
        assert waiting.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_who_waits_can_be_interrupted(tmp_path: Path) -> None:
    interrupt = Interrupt()
    ended: list[bool] = []

    def second() -> None:
        try:
            with held(tmp_path / "it.lock", interrupt, interrupt.set):
                ended.append(False)
        except Interrupted:
            ended.append(True)

    thread = threading.Thread(target=second)
    with held(tmp_path / "it.lock", Interrupt(), lambda: None):
        thread.start()
        thread.join(10)
        assert ended == [True]


NOW = datetime(2026, 11, 21, tzinfo=UTC)


def header(*cells: str, left: int = 0, selection: str = "") -> RunInfo:
    return RunInfo(
        run="r", matrix="matrix.yaml", selection=selection or " ".join(cells), extension="tiny", envgen="1",
        started=datetime.now(UTC), cells=cells, left_out=(LeftOut(reason="not selected", cells=left),) if left else (),
    )  # fmt: skip


def test_words_of_a_selection_stand_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "r")
    journal.open(header("a", selection="default"))
    for cell in "bcd":
        joined = journal.open(header(cell, selection="localise"))
        assert joined.selection == "default + localise"


def test_cells_are_added_to_a_run(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "runs" / "r")
    first = journal.open(header("a", left=4, selection="default"))
    second = journal.open(header("b", "a", left=3))
    assert second.cells == ("a", "b")
    assert second.selection == "default + b a"
    assert [entry.cells for entry in second.left_out] == [3]
    assert second.started == first.started
    assert journal.info() == second
    assert (tmp_path / "runs" / "latest").read_text() == "r\n"


def test_cells_of_a_run_again_leave_its_header(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "r")
    journal.open(header("a", "b", left=3, selection="default"))
    journal.close()
    assert journal.info().finished  # type: ignore[union-attr]
    again = journal.open(header("b", left=4))
    assert (again.cells, again.selection, again.left_out[0].cells) == (("a", "b"), "default", 3)
    assert again.finished is None


def test_what_cannot_be_read_is_no_result(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "r")
    result = CellResult(cell="a", axes={}, environment="venv", envgen="1", started=NOW)
    journal.record(result)
    assert journal.result("a") == result
    assert journal.result("b") is None
    for text in ("", "{", "[]", '{"cell": 1}', result.model_dump_json()[:-9]):
        (tmp_path / "r" / "cells" / "a.json").write_text(text)
        assert journal.result("a") is None
    assert journal.info() is None
    (tmp_path / "r" / "run.json").write_text("{")
    with pytest.raises(EnvgenError, match=r"run\.json is damaged"):
        journal.info()


def extension(path: Path) -> Extension:
    return Extension("tiny", path, None, None, (), Build(), ("tiny",), ())


def test_the_digest_sees_what_a_build_can_see(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.c").write_text("int a;")
    (tmp_path / "configure").write_text("#!/bin/sh\n")
    seen = [source_digest(extension(tmp_path))]

    def changed() -> bool:
        seen.append(source_digest(extension(tmp_path)))
        return seen[-1] not in seen[:-1]

    (tmp_path / "src" / "a.c").write_text("int b;")
    assert changed()
    (tmp_path / "configure").chmod(0o755)
    assert changed() or sys.platform == "win32"
    (tmp_path / "src" / "a.c").rename(tmp_path / "src" / "b.c")
    assert changed()
    (tmp_path / "link").symlink_to("src", target_is_directory=True)
    assert changed()
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("elsewhere", target_is_directory=True)
    assert changed()
    (tmp_path / "link").unlink()
    for left in ("build", "dist", ".nox", "src/__pycache__", "src/a.egg-info", "any-name"):
        (tmp_path / left).mkdir()
        (tmp_path / left / "pyvenv.cfg").write_text("")
    assert not changed()
    for own in ("src/build/a.py", "src/a.so", "src/dist/pyvenv.cfg"):
        (tmp_path / own).parent.mkdir(exist_ok=True)
        (tmp_path / own).write_text("")
        assert changed()


def test_a_copy_is_what_the_digest_sees(tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    (source / "src" / "build").mkdir(parents=True)
    (source / "src" / "build" / "a.c").write_text("int a;")
    (source / "src" / "__pycache__").mkdir()
    (source / "empty").mkdir()
    (source / "run").write_text("#!/bin/sh\n")
    (source / "run").chmod(0o755)
    (source / "link").symlink_to("src", target_is_directory=True)
    (source / "nowhere").symlink_to("gone")
    for _ in range(2):
        copy_source(extension(source), copy)
    assert source_digest(extension(copy)) == source_digest(extension(source))
    names = {path.relative_to(copy).as_posix() for path in source_entries(copy)}
    assert names == {"src", "src/build", "src/build/a.c", "empty", "run", "link", "nowhere"}
    assert not (copy / "src" / "__pycache__").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes are POSIX's")
def test_a_pipe_in_the_source_is_said(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    source_digest(extension(tmp_path / "source"))
    os.mkfifo(tmp_path / "source" / "pipe")
    source_digest(extension(tmp_path / "source"))
    with pytest.raises(OSError, match="the source holds a pipe, a socket or a device") as caught:
        copy_source(extension(tmp_path / "source"), tmp_path / "copy")
    assert caught.value.filename == str(tmp_path / "source" / "pipe")
