"""The manifest of a program for Windows: it comes from elsewhere, and says whether the files beside it are its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envgen.engine import inspect
from envgen.engine.windows import MANIFEST, PROGRAM, ManifestError, read_manifest, whole

from .made import CASE, folder


def edited(at: Path, **changed: object) -> Path:
    values = json.loads((at / MANIFEST).read_text())
    (at / MANIFEST).write_text(json.dumps({**values, **changed}))
    return at / MANIFEST


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    at = folder(tmp_path / "static")
    manifest = read_manifest(at / MANIFEST)
    assert [path.name for path in whole(manifest, at)] == [CASE, PROGRAM]
    (engine,) = inspect(at / PROGRAM).engines
    assert engine.module is not None
    assert (engine.module.platform, engine.module.crossed, engine.version_compatible) == ("windows_x86_64", True, True)


def test_a_file_that_changed_on_the_way_is_named(tmp_path: Path) -> None:
    at = folder(tmp_path / "static")
    manifest = read_manifest(at / MANIFEST)
    content = (at / PROGRAM).read_bytes()
    for damage, said in (
        (content[:-1], "bytes, and"),
        (content[:-1] + b"x", "SHA-256"),
    ):
        (at / PROGRAM).write_bytes(damage)
        with pytest.raises(ManifestError, match=said) as caught:
            list(whole(manifest, at))
        assert caught.value.file == PROGRAM
    (at / PROGRAM).unlink()
    with pytest.raises(ManifestError, match="missing"):
        list(whole(manifest, at))
    (at / PROGRAM).symlink_to(at / CASE)
    with pytest.raises(ManifestError, match="no plain file"):
        list(whole(manifest, at))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"form": 2}, "form"),
        ({"cases": []}, "cases"),
        ({"cases": ["../../case"]}, "cases.0"),
        ({"files": {}}, f"does not list {PROGRAM}"),
        ({"files": {"/etc/passwd": {"sha256": "0" * 64, "size": 1}}}, "files"),
        ({"imports": ["os; import x"]}, "imports.0"),
        ({"tolerance": 1e9}, "tolerance"),
        ({"shapes": "square"}, "shapes"),
        ({"surprise": 1}, "surprise"),
        ({"cell": "a\nb"}, "cell"),
        ({"versions": {"torch": "2.14.0"}}, "no release of tensorrt"),
        ({"versions": {"tensorrt": "../../x"}}, "no release of tensorrt"),
    ],
)
def test_a_manifest_that_is_none(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    with pytest.raises(ManifestError, match=said):
        read_manifest(edited(folder(tmp_path / "static"), **changed))


def test_a_manifest_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be read"):
        read_manifest(tmp_path / MANIFEST)
    (tmp_path / MANIFEST).write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(ManifestError, match="more than"):
        read_manifest(tmp_path / MANIFEST)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_manifest_or_said_to_be_none(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as at:
        file = Path(at, MANIFEST)
        file.write_bytes(content)
        with pytest.raises(ManifestError) as caught:
            read_manifest(file)
        assert "\n" not in str(caught.value)
