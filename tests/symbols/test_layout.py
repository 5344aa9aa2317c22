"""How types lie in memory: values of releases compared, kept as changes, and asked of a compiler."""

from __future__ import annotations

import subprocess
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from envgen.compat.read import FactsError
from envgen.compat.records import Platform
from envgen.compat.verdict import Source
from envgen.symbols import Groups, IndexStore, Layout, SymbolIndex
from envgen.symbols.layout import Layouts
from envgen.symbols.probe import ProbeFault, find_compiler, probe_headers, read_rows
from envgen.symbols.store import SHIPPED

TODAY = date(2026, 11, 21)
LINUX = Platform.LINUX_X86_64
GROUPS = Groups.read(SHIPPED / "layout_groups.yaml")
KEYS = ("sizeof c10::TensorImpl", "enum c10::DispatchKey::CPU", "offsetof THPVariable::cdata")

values = st.dictionaries(st.sampled_from(KEYS), st.integers(-1, 500))
releases = st.dictionaries(st.integers(0, 15).map(lambda minor: Version(f"2.{minor}")), values, max_size=6)


def layouts(of: dict[Version, dict[str, int]]) -> Layouts:
    return Layouts(LINUX, TODAY, Source("a compiler", TODAY, "measured"), of)


@settings(deadline=None)  # files are synchronised to the disk
@given(releases)
def test_written_and_read_they_are_the_same(of: dict[Version, dict[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.layout.json"
        layouts(of).write(path)
        assert Layouts.read(path) == layouts(dict(sorted(of.items())))


@given(values, values)
def test_differences_are_those_of_values_that_both_have(one: dict[str, int], other: dict[str, int]) -> None:
    mine, theirs = Layout(Version("2.1"), one, GROUPS), Layout(Version("2.2"), other, GROUPS)
    found = {each.key: (each.mine, each.other) for each in mine.differences(theirs)}
    assert found == {key: (one[key], other[key]) for key in one.keys() & other.keys() if one[key] != other[key]}
    assert not mine.differences(theirs, groups=())
    assert not mine.differences(mine)


def test_only_the_groups_that_a_binary_uses_are_compared() -> None:
    mine = Layout(Version("2.8"), dict.fromkeys(KEYS, 1), GROUPS)
    other = Layout(Version("2.9"), dict.fromkeys(KEYS, 2), GROUPS)
    tensor_only = mine.differences(other, GROUPS.used_by(["_ZNK2at6Tensor4sizeEl"]))
    assert [each.key for each in tensor_only] == ["sizeof c10::TensorImpl"]
    assert [each.group for each in mine.differences(other, {"keys", "python"})] == ["keys", "python"]


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("_ZNK2at10TensorBase4sizeEl", "tensor"),
        ("_ZN5torch7Library4_defEON3c1014FunctionSchemaEPNS1_12OperatorNameE", "registration"),
        ("?_def@Library@torch@@AEAAAEAV12@XZ", "registration"),
        ("_ZN5torch8autograd4NodeD2Ev", "autograd"),
        ("THPVariableClass", "python"),
        ("_ZN3c106detail14torchCheckFailEPKcS2_jRKSs", None),
    ],
)
def test_symbols_tell_the_groups(name: str, group: str | None) -> None:
    assert (group in GROUPS.used_by([name])) if group else not GROUPS.used_by([name])


def test_a_binary_of_the_stable_abi_uses_none() -> None:
    assert not GROUPS.used_by(["aoti_torch_get_data_ptr", "torch_library_impl", "torch_call_dispatcher"])


@pytest.mark.parametrize("text", ["", "{", "[]", '{"releases": ["x"]}', '{"releases": [], "values": {}}'])
def test_a_damaged_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.layout.json").write_text(text)
    with pytest.raises(FactsError, match=r"holds no layouts|does not say when"):
        Layouts.read(tmp_path / "x.layout.json")


def test_every_shipped_value_belongs_to_a_group() -> None:
    shipped = Layouts.read(SHIPPED / f"{LINUX}.layout.json")
    keys = {key for of in shipped.releases.values() for key in of}
    assert not [key for key in keys if not GROUPS.of_key(key)]
    assert {GROUPS.of_key(key) for key in keys} == GROUPS.names


def test_known_breaks_of_the_layout() -> None:
    index = SymbolIndex(IndexStore(None))

    def value(release: str, key: str) -> int:
        layout = index.layout(Version(release), LINUX)
        assert layout
        return layout.values[key]

    assert [value(each, "sizeof c10::KernelFunction") for each in ("2.8.0", "2.9.1")] == [32, 40]
    assert [value(each, "sizeof THPVariable") for each in ("2.9.1", "2.10.0")] == [48, 40]
    assert [value(each, "enum c10::DispatchKey::CPU") for each in ("2.12.1", "2.13.0")] == [50, 49]
    assert [value(each, "sizeof c10::OperatorName") for each in ("2.6.0", "2.7.1")] == [16, 64]


ROWS = """
#include <cstdint>
struct alignas(16) Row { char mark[16]; char key[104]; std::int64_t value; };
struct Base { virtual void first(); virtual void second(); };
struct alignas(16) Slot { char mark[16]; char key[104]; void (Base::*value)(); };
extern "C" const Row rows[] = {{"envgen layout 1", "sizeof int", sizeof(int)}, {"envgen layout 1", "absent", -1}};
extern "C" const Slot slot = {"envgen layout 1", "virtual Base::second", &Base::second};
"""


def test_rows_are_read_from_an_object_that_is_never_linked(tmp_path: Path) -> None:
    compiler = find_compiler()
    if compiler is None:
        pytest.skip("needs g++ or clang++")
    made = tmp_path / "rows.o"
    subprocess.run([compiler.program, "-x", "c++", "-", "-c", "-o", made], input=ROWS, text=True, check=True)
    assert read_rows(made.read_bytes()) == {"sizeof int": 4, "absent": -1, "virtual Base::second": 9}


def test_half_an_object_has_fewer_rows_and_is_no_error() -> None:
    assert read_rows(b"envgen layout 1\0" + b"key".ljust(100)) == {}


def test_headers_that_are_none_are_a_fault(tmp_path: Path) -> None:
    compiler = find_compiler()
    if compiler is None:
        pytest.skip("needs g++ or clang++")
    with pytest.raises(ProbeFault, match="does not take these headers of torch"):
        probe_headers(tmp_path, compiler, new_strings=True)


def test_a_compiler_that_is_not_there_is_none() -> None:
    assert find_compiler({"CXX": "no-such-compiler"}) is None


@pytest.mark.e2e
def test_the_shipped_layout_is_what_a_compiler_says(torch_headers: Path) -> None:
    compiler = find_compiler()
    assert compiler
    layout = SymbolIndex(IndexStore(None)).layout(Version("2.13.0"), LINUX)
    assert layout
    assert probe_headers(torch_headers, compiler, new_strings=True) == layout.values
