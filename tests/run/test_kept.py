"""What a check leaves is kept up to limits, and no more."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath

import pytest

from envgen.run.kept import MOST_BYTES, MOST_FILES, Kept, keep
from tests.run.ordinary import run_as_ordinary_user


def test_nothing_left_makes_no_folder(tmp_path: Path) -> None:
    (tmp_path / "left").mkdir()
    assert keep(tmp_path / "left", tmp_path / "kept") == Kept()
    assert keep(tmp_path / "gone", tmp_path / "kept") == Kept()
    assert not (tmp_path / "kept").exists()


def test_folders_are_kept_in_their_order(tmp_path: Path) -> None:
    for name in ("b/deep/model.ts", "a.plan", "b/manifest.json"):
        file = tmp_path / "left" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    kept = keep(tmp_path / "left", tmp_path / "kept")
    assert kept.files == tuple(map(PurePosixPath, ("a.plan", "b/deep/model.ts", "b/manifest.json")))
    assert [(tmp_path / "kept" / name).read_text() for name in kept.files] == list(map(str, kept.files))


def test_more_files_than_anybody_wants(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 2):
        (tmp_path / f"{number:04}.plan").touch()
    kept = keep(tmp_path, tmp_path.with_name("kept"))
    assert len(kept.files) == MOST_FILES
    assert kept.left_out == tuple(
        f"{number:04}.plan: more than {MOST_FILES} files were left" for number in (MOST_FILES, MOST_FILES + 1)
    )


def test_a_file_that_is_too_large_leaves_room_for_others(tmp_path: Path) -> None:
    with (tmp_path / "large.plan").open("wb") as out:
        out.truncate(MOST_BYTES + 1)  # of holes
    (tmp_path / "small.plan").touch()
    kept = keep(tmp_path, tmp_path.with_name("kept"))
    assert kept.files == (PurePosixPath("small.plan"),)
    assert kept.left_out == ("large.plan: more than 4 GiB were left",)


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("key")
    (tmp_path / "left").symlink_to(tmp_path / "secret")
    assert keep(tmp_path / "left", tmp_path / "kept") == Kept()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are POSIX's")
def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """As an ordinary user: root reads everything."""
    code = """\
        (folder / "left" / "inner").mkdir(parents=True)
        for name in ("a.plan", "b.plan"):
            (folder / "left" / name).touch()
        (folder / "left" / "a.plan").chmod(0)
        (folder / "left" / "inner").chmod(0)
        kept = keep(folder / "left", folder / "kept")
        assert [str(name) for name in kept.files] == ["b.plan"], kept
        assert kept.left_out == ("a.plan: it cannot be read (Permission denied)", "inner: it cannot be read"), kept
        """
    run_as_ordinary_user("from envgen.run.kept import keep", code)
