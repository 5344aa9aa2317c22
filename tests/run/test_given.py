"""Which engine files a run is given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from envgen.errors import UsageError
from envgen.run.given import copied, engines_digest, given_engines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.plan", "b.ts", "b.ts.json", "deep/c.EP", "deep/notes.txt", "plain/readme"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(name)
    return tmp_path


def names(files: tuple[Path, ...], folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in files]


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["*.plan"], ["a.plan"]),
        (["*"], ["a.plan", "b.ts", "b.ts.json", "deep/c.EP"]),  # a file as it is, a folder for the engines in it
        (["deep", "a.plan", "*.plan"], ["deep/c.EP", "a.plan"]),
        (["**/*.EP"], ["deep/c.EP"]),
        (["later/*.plan", ".", "**x"], ["a.plan", "b.ts"]),
        ([], []),
    ],
)
def test_globs_of_the_matrix(folder: Path, patterns: list[str], found: list[str]) -> None:
    assert names(given_engines(patterns, folder, ()), folder) == found


def test_what_is_named_is_there_and_counts_once(folder: Path) -> None:
    given = given_engines(["*.plan"], folder, [folder / "b.ts.json", folder, folder / "a.plan"])
    assert names(given, folder) == ["a.plan", "b.ts.json", "b.ts"]


def test_a_file_by_several_names_counts_once(folder: Path) -> None:
    (folder / "link.plan").symlink_to(folder / "a.plan")
    named = [folder / "deep" / ".." / "a.plan", folder / "link.plan", folder / "b.ts"]
    given = given_engines(["a.plan"], folder, named)
    assert names(given, folder) == ["a.plan", "b.ts"]


@pytest.mark.parametrize(("name", "why"), [("none.plan", "no file and no folder"), ("plain", "folder without engines")])
def test_what_is_named_and_not_there(folder: Path, name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        given_engines((), folder, [folder / name])


@pytest.mark.skipif(os.name == "nt", reason="no file can be named so")
def test_a_name_that_no_list_of_paths_can_hold(folder: Path) -> None:
    (folder / f"a{os.pathsep}b.plan").touch()
    with pytest.raises(UsageError, match="Rename it"):
        given_engines(["*.plan"], folder, ())


def test_copies_of_one_name_are_two(folder: Path, tmp_path: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "a.plan").write_text("another")
    target = tmp_path / "copies"
    target.mkdir()
    (folder / "3-a.plan").write_text("of that very name")
    named = [folder / "3-a.plan", folder / "a.plan", folder / "other" / "a.plan", folder / "b.ts"]
    copies = copied(named, target)
    assert [copy.name for copy in copies] == ["3-a.plan", "a.plan", "3-3-a.plan", "b.ts"]
    assert [copy.read_text() for copy in copies] == ["of that very name", "a.plan", "another", "b.ts"]
    assert (target / "b.ts.json").read_text() == "b.ts.json"


def test_the_digest_is_of_names_and_contents(folder: Path) -> None:
    files = given_engines(["*.plan"], folder, ())
    before = engines_digest(files)
    (folder / "a.plan").write_text("other")
    changed = engines_digest(files)
    assert changed != before
    (folder / "a.plan.json").touch()
    assert engines_digest(files) != changed
    assert engines_digest([folder / "gone.plan"]) != engines_digest(())
