"""Writing files whole."""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

import psutil
import pytest

from envgen.files import NoPlainFileError, WriteError, open_plain, write_atomically


def test_text_is_utf8_with_line_feeds(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.txt"
    write_atomically(path, "größer\n\u65e5\u672c\n")
    assert path.read_bytes() == "größer\n\u65e5\u672c\n".encode()
    write_atomically(path, "")
    assert path.read_bytes() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_others_may_read_it(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file.txt", "text")
    assert stat.S_IMODE((tmp_path / "file.txt").stat().st_mode) == 0o644


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "new \ud800")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_its_place_stays(tmp_path: Path) -> None:
    (tmp_path / "file.txt").mkdir()
    with pytest.raises(WriteError, match=r"^Cannot write .*file\.txt: Is a directory\."):
        write_atomically(tmp_path / "file.txt", "new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.txt"]


def test_a_file_where_a_folder_is_to_be(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    for path in (tmp_path / "taken" / "file.txt", tmp_path / "taken" / "deep" / "file.txt"):
        with pytest.raises(WriteError) as caught:
            write_atomically(path, "new")
        assert caught.value.what == f"Cannot write {path}: {tmp_path / 'taken'} is no folder."
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="a folder that nobody may write to, root included")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"^Cannot write /proc/file\.txt: "):
        write_atomically(Path("/proc/file.txt"), "new")


def test_a_reader_sees_one_text_or_the_other(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    texts = ["a" * 200_000, "b" * 200_000]
    write_atomically(path, texts[0])
    done = threading.Event()

    def write() -> None:
        for number in range(60):
            write_atomically(path, texts[number % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not done.is_set():
        seen.add(path.read_text(encoding="utf-8"))
    writer.join()
    assert seen <= set(texts)
    assert list(tmp_path.iterdir()) == [path]


def test_a_plain_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a\r\n\x1a")
    with open_plain(tmp_path / "file") as content:
        assert content.read() == b"a\r\n\x1a"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links of POSIX")
def test_what_is_no_plain_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    before = psutil.Process().num_fds()
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(NoPlainFileError):
            open_plain(path)
    with pytest.raises(OSError, match="link"):
        open_plain(tmp_path / "link")
    assert psutil.Process().num_fds() == before
