"""Large members and folders of a wheel, unpacked onto the disk."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from envgen.index import IndexFault, RemoteWheel
from envgen.index import wheel as wheels
from envgen.index.ranges import LocalFile


@pytest.fixture
def wheel(tmp_path: Path) -> RemoteWheel:
    path = tmp_path / "x-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/lib/large.so", bytes(range(256)) * 20_000)
        archive.writestr("x/include/a.h", "a")
        archive.writestr("x/include/deep/b.h", "b")
        archive.writestr("x/include/../../outside.h", "escaped")
    return RemoteWheel(path.name, lambda: LocalFile(path), lambda: None)


def test_a_large_member_goes_into_a_file(wheel: RemoteWheel) -> None:
    target = io.BytesIO()
    wheel.copy("x/lib/large.so", target)
    assert target.getvalue() == bytes(range(256)) * 20_000


def test_a_member_that_is_not_there_is_a_fault(wheel: RemoteWheel) -> None:
    with pytest.raises(IndexFault, match=r"There is no x/lib/none\.so in"):
        wheel.copy("x/lib/none.so", io.BytesIO())


def test_a_folder_is_unpacked_and_nothing_beside_it(wheel: RemoteWheel, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    wheel.extract("x/include/", folder)
    made = {path.relative_to(tmp_path / "made").as_posix() for path in (tmp_path / "made").rglob("*") if path.is_file()}
    assert made >= {"here/x/include/a.h", "here/x/include/deep/b.h"}
    assert all(name.startswith("here/x/include/") for name in made)


def test_a_folder_that_is_not_there_is_a_fault(wheel: RemoteWheel, tmp_path: Path) -> None:
    with pytest.raises(IndexFault, match=r"y/ in x-1-py3-none-any\.whl is not there"):
        wheel.extract("y/", tmp_path)


def test_a_folder_that_is_too_large_is_a_fault(
    wheel: RemoteWheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels, "_LARGEST_FOLDER", 2)
    with pytest.raises(IndexFault, match="is too large to be unpacked"):
        wheel.extract("x/include/", tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_a_member_that_is_damaged_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "x-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/lib/a.so", b"content")
    path.write_bytes(path.read_bytes().replace(b"content", b"changed"))
    damaged = RemoteWheel(path.name, lambda: LocalFile(path), lambda: None)
    with pytest.raises(IndexFault, match="is damaged, or no wheel"):
        damaged.copy("x/lib/a.so", io.BytesIO())
    with pytest.raises(IndexFault, match="is damaged, or no wheel"):
        damaged.extract("x/", tmp_path / "made")


def test_a_disk_that_takes_nothing_is_not_the_wheels_fault(wheel: RemoteWheel, tmp_path: Path) -> None:
    (tmp_path / "made").write_text("a file where a folder is to be")
    with pytest.raises(OSError, match="made"):
        wheel.extract("x/include/", tmp_path / "made")
    if Path("/dev/full").exists():
        with pytest.raises(OSError, match="No space left"), Path("/dev/full").open("wb", buffering=0) as full:
            wheel.copy("x/lib/large.so", full)
