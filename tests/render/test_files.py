"""Writing generated files, and telling which on disk are out of date."""

from __future__ import annotations

from pathlib import Path

import pytest

from envgen.errors import EnvgenError, StaleError
from envgen.render.files import Drift, DriftKind, Generated, check, require_fresh, write

FILES = (Generated(Path("environments/a/Dockerfile"), "FROM x\nRUN y\n"), Generated(Path("environments/b"), "ü\n"))


def test_writes_once_and_leaves_what_is_up_to_date(tmp_path: Path) -> None:
    assert write(FILES, tmp_path) == (FILES[0].path, FILES[1].path)
    before = (tmp_path / FILES[0].path).stat()
    assert write(FILES, tmp_path) == ()
    after = (tmp_path / FILES[0].path).stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert (tmp_path / "environments/b").read_bytes() == "ü\n".encode()
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["Dockerfile", "b"]


def test_writes_line_feeds_everywhere(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    assert b"\r" not in (tmp_path / FILES[0].path).read_bytes()


def test_a_fresh_tree_has_no_drift(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    assert check(FILES, tmp_path, Path("environments")) == ()
    require_fresh(FILES, tmp_path, Path("environments"))


def test_line_ends_of_a_windows_checkout_are_no_drift(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    (tmp_path / FILES[0].path).write_bytes(b"FROM x\r\nRUN y\r\n")
    assert check(FILES, tmp_path) == ()


def test_names_stale_missing_and_extra(tmp_path: Path) -> None:
    write(FILES, tmp_path)
    (tmp_path / FILES[0].path).write_text("FROM x\nRUN z\n")
    (tmp_path / FILES[1].path).unlink()
    (tmp_path / "environments/old").mkdir()
    (tmp_path / "environments/old/Dockerfile").write_text("")
    drifts = check(FILES, tmp_path, Path("environments"))
    assert [(drift.kind, drift.path.as_posix()) for drift in drifts] == [
        (DriftKind.STALE, "environments/a/Dockerfile"),
        (DriftKind.MISSING, "environments/b"),
        (DriftKind.EXTRA, "environments/old/Dockerfile"),
    ]
    assert {"-RUN z", "+RUN y"} <= set(drifts[0].diff)
    assert [drift.kind for drift in check(FILES, tmp_path)] == [DriftKind.STALE, DriftKind.MISSING]
    with pytest.raises(StaleError) as caught:
        require_fresh(FILES, tmp_path, Path("environments"))
    assert "3 generated files are not up to date" in str(caught.value)
    assert "+RUN y" in str(caught.value)
    assert "envgen render" in str(caught.value)


def test_a_diff_is_cut_to_its_head(tmp_path: Path) -> None:
    file = Generated(Path("long"), "".join(f"{n}\n" for n in range(1000)))
    (tmp_path / "long").write_text("other\n")
    (drift,) = check([file], tmp_path)
    assert isinstance(drift, Drift)
    assert len(drift.diff) == 12


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", ""])
def test_refuses_paths_outside_the_root(tmp_path: Path, path: str) -> None:
    with pytest.raises(EnvgenError, match="leaves its folder"):
        write([Generated(Path(path), "")], tmp_path / "root")


def test_a_folder_in_the_way_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "environments/b").mkdir(parents=True)
    with pytest.raises(EnvgenError, match="environments/b"):
        write(FILES, tmp_path)
