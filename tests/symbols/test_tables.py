"""An index says the same after merging, packing, writing and reading; a damaged file is refused."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from envgen.compat.records import Platform
from envgen.symbols import Column, SymbolTable
from envgen.symbols.container import IndexDamaged, read_arrays, write_arrays

LIBRARIES = ("c10", "c10_cuda", "torch_cpu", "torch_cuda", "torch_python")
NAMES = [f"_ZN2at3op{number}Ev" for number in range(40)]

exports = st.dictionaries(st.sampled_from(LIBRARIES), st.sets(st.sampled_from(NAMES)), min_size=1)
worlds = st.dictionaries(st.integers(0, 12).map(lambda minor: Version(f"2.{minor}")), exports, min_size=1, max_size=5)


def column(release: Version) -> Column:
    return Column(release, f"torch-{release}.whl", "00", "13.0", date(2026, 11, 21))


def tables(world: dict[Version, dict[str, set[str]]]) -> list[SymbolTable]:
    return [SymbolTable.of(Platform.LINUX_X86_64, column(release), said) for release, said in world.items()]


def told(table: SymbolTable) -> dict[Version, dict[str, set[str]]]:
    masks = table.masks(NAMES)
    return {
        each.release: {
            library: {name for row, name in enumerate(NAMES) if masks[row, at] >> bit & 1}
            for bit, library in enumerate(table.libraries)
        }
        for at, each in enumerate(table.columns)
    }


def without_empty(world: dict[Version, dict[str, set[str]]]) -> dict[Version, dict[str, set[str]]]:
    return {release: {name: found for name, found in said.items() if found} for release, said in world.items()}


@settings(deadline=None)  # files are synchronised to the disk
@given(worlds)
def test_merged_written_and_read_it_says_what_was_put_in(world: dict[Version, dict[str, set[str]]]) -> None:
    table = SymbolTable.merged(tables(world))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "linux_x86_64.symbols"
        table.write(path)
        again = SymbolTable.read(path)
    assert without_empty(told(again)) == without_empty(world)
    assert again.columns == table.columns == tuple(column(release) for release in sorted(world))
    assert again.platform is Platform.LINUX_X86_64


@settings(deadline=None)  # files are synchronised to the disk
@given(worlds, exports)
def test_of_two_tables_of_one_release_the_later_counts(
    world: dict[Version, dict[str, set[str]]], newer: dict[str, set[str]]
) -> None:
    release = min(world)
    (later,) = tables({release: newer})
    merged = SymbolTable.merged([*tables(world), later])
    assert without_empty(told(merged)) == without_empty({**world, release: newer})


def test_names_that_are_not_torchs_are_left_out() -> None:
    said = {"c10": {"_ZN3c103addEv", "mkl_blas_sgemm", "_ZNSt6vectorIN2at6TensorEE3popEv"}}
    (table,) = tables({Version("2.0"): said})
    assert len(table.hashes) == 1


@settings(deadline=None)  # files are synchronised to the disk
@given(st.integers(0, 2**16), st.binary(min_size=1, max_size=4))
def test_a_changed_file_is_refused(at: int, other: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.symbols"
        SymbolTable.merged(tables({Version("2.0"): {"c10": set(NAMES)}})).write(path)
        content = path.read_bytes()
        place = at % (len(content) - len(other))
        changed = content[:place] + other + content[place + len(other) :]
        path.write_bytes(changed)
        if changed == content:
            SymbolTable.read(path)
            return
        with pytest.raises(IndexDamaged, match="is damaged, or no index of symbols that this envgen reads"):
            SymbolTable.read(path)


@pytest.mark.parametrize("content", [b"", b"envgen symbols 1\n", b"\x7fELF", b"envgen symbols 2\n" + b"\0" * 99])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.symbols"
    path.write_bytes(content)
    with pytest.raises(IndexDamaged) as caught:
        SymbolTable.read(path)
    assert str(path) in caught.value.what
    assert "envgen facts index" in caught.value.remedy


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexDamaged, match="cannot be read: No such file"):
        SymbolTable.read(tmp_path / "none.symbols")


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    world = {Version("2.0"): {"c10": set(NAMES[:9])}, Version("2.1"): {"c10": set(NAMES[3:])}}
    for name in ("a", "b"):
        SymbolTable.merged(tables(world)).write(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_arrays_keep_their_shapes_and_kinds(tmp_path: Path) -> None:
    arrays = {"b": np.arange(6, dtype=np.uint16).reshape(3, 2), "a": np.zeros((0, 4), np.uint64)}
    write_arrays(tmp_path / "x", {"said": 1}, arrays)
    header, found = read_arrays(tmp_path / "x")
    assert header == {"said": 1}
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert (found[name] == array).all()
