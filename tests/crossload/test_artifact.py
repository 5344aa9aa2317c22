"""What comes of a built folder when one binary in it is another cell's."""

from __future__ import annotations

from pathlib import Path

import pytest

from envgen.crossload.artifact import Artifact, untagged, whole, with_binary

MODULE_311 = "pkg/_C.cpython-311-x86_64-linux-gnu.so"
MODULE_312 = "pkg/_C.cpython-312-x86_64-linux-gnu.so"


def built(folder: Path, **files: str) -> Artifact:
    for name, text in {"pkg/__init__.py": "", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Artifact.read(folder)


@pytest.mark.parametrize(
    ("file", "plain"),
    [
        (MODULE_311, "pkg/_C.so"),
        ("pkg/_C.abi3.so", "pkg/_C.so"),
        ("pkg/_C.cp313t-win_amd64.pyd", "pkg/_C.pyd"),
        ("pkg/_C.cpython-312-darwin.so", "pkg/_C.so"),
        ("pkg/libcp3.so", "pkg/libcp3.so"),
        ("pkg/libfoo.so.1.2", "pkg/libfoo.so.1.2"),
        ("cpython-311.d/lib.so", "cpython-311.d/lib.so"),
    ],
)
def test_tags_are_left_out(file: str, plain: str) -> None:
    assert untagged(file) == plain


def test_binaries_are_found_and_caches_are_no_part(tmp_path: Path) -> None:
    artifact = built(
        tmp_path,
        **{MODULE_311: "m", "pkg/libops.so": "o", "pkg/libz.so.1": "z", "pkg/__pycache__/x.so": "p", "pkg/so.txt": "t"},
    )
    assert artifact.binaries == (MODULE_311, "pkg/libops.so", "pkg/libz.so.1")
    assert set(artifact.digests) == {MODULE_311, "pkg/libops.so", "pkg/libz.so.1", "pkg/__init__.py", "pkg/so.txt"}


def test_a_library_takes_the_place_of_the_other_cells(tmp_path: Path) -> None:
    one = built(tmp_path / "one", **{MODULE_311: "m1", "pkg/libops.so": "o1"})
    other = built(tmp_path / "other", **{MODULE_312: "m2", "pkg/libops.so": "o2", "pkg/libops_extra.so": "e2"})
    composed = with_binary(one, "pkg/libops.so", other)
    assert (composed.base, composed.removed) == (tmp_path / "other", ("pkg/libops.so",))
    assert composed.added == (("pkg/libops.so", tmp_path / "one" / "pkg/libops.so"),)
    assert dict(composed.digests) == {**other.digests, "pkg/libops.so": one.digests["pkg/libops.so"]}


def test_a_module_of_another_python_leaves_none_of_the_cells_own(tmp_path: Path) -> None:
    one, other = built(tmp_path / "one", **{MODULE_311: "m1"}), built(tmp_path / "other", **{MODULE_312: "m2"})
    composed = with_binary(one, MODULE_311, other)
    assert composed.removed == (MODULE_312,)
    assert {name for name, _ in composed.digests} == {"pkg/__init__.py", MODULE_311}


def test_a_library_that_the_other_cell_has_not_is_added(tmp_path: Path) -> None:
    one, other = built(tmp_path / "one", **{"pkg/libstable.so": "s"}), built(tmp_path / "other", **{MODULE_312: "m"})
    composed = with_binary(one, "pkg/libstable.so", other)
    assert composed.removed == ()
    assert len(composed.digests) == 3


def test_equal_folders_have_one_key(tmp_path: Path) -> None:
    """What is alike is loaded once: a library that two cells share, in either of them."""
    one = built(tmp_path / "one", **{"pkg/libops.so": "same", "pkg/more.py": "1"})
    other = built(tmp_path / "other", **{"pkg/libops.so": "same"})
    assert with_binary(one, "pkg/libops.so", other).key == whole(other).key
    assert with_binary(other, "pkg/libops.so", one).key == whole(one).key
    assert whole(one).key != whole(other).key
