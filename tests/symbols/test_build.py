"""A wheel with real libraries to the index of its release, and what is wrong with a wheel."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.cli import main
from envgen.compat.records import Platform
from envgen.index import IndexFault
from envgen.symbols import IndexStore, SymbolIndex
from envgen.symbols.make import NothingToIndexError, merge_into, work_for
from tests.symbols.wheel import SUM, TENSOR_SIZE, WARP, SmallTorch, small_torch


@pytest.fixture
def torch(tmp_path: Path) -> SmallTorch:
    return small_torch(tmp_path / "wheels")


def test_the_exports_of_torchs_own_libraries(torch: SmallTorch, tmp_path: Path) -> None:
    table = torch.index(tmp_path)
    assert table.libraries == ("c10", "torch_cpu", "torch_cuda")
    names = [SUM, "torch_list_size", TENSOR_SIZE, WARP, "_ZTVN2at6TensorE"]
    bits = {name: 1 << at for at, name in enumerate(table.libraries)}
    expected = ["c10", "c10", "torch_cpu", "torch_cuda", "torch_cpu"]
    assert table.masks(names)[:, 0].tolist() == [bits[library] for library in expected]
    assert not table.masks(["_ZN5other4noneEv", "_ZN2at14only_in_a_testEv"]).any()
    (column,) = table.columns
    assert (column.release, column.cuda, column.wheel) == (Version("9.1.0"), "13.0", torch.wheel.name)


def test_nothing_is_left_behind(torch: SmallTorch, tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    torch.index(tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_damaged_library_is_a_fault(torch: SmallTorch, tmp_path: Path) -> None:
    with zipfile.ZipFile(torch.wheel) as wheel:
        members = {name: wheel.read(name) for name in wheel.namelist()}
    members["torch/lib/libtorch_cpu.so"] = members["torch/lib/libtorch_cpu.so"][:3000]
    with zipfile.ZipFile(torch.wheel, "w") as wheel:
        for name, content in members.items():
            wheel.writestr(name, content)
    with pytest.raises(IndexFault, match=r"libtorch_cpu\.so in the wheel is no library that can be read"):
        torch.index(tmp_path)


def test_a_member_whose_checksum_is_wrong_is_a_fault(torch: SmallTorch, tmp_path: Path) -> None:
    content = bytearray(torch.wheel.read_bytes())
    content[content.find(b"torch_list_size")] ^= 1
    torch.wheel.write_bytes(content)
    with pytest.raises(IndexFault, match="is damaged, or no wheel"):
        torch.index(tmp_path)


def test_a_wheel_of_something_else_is_a_fault(torch: SmallTorch, tmp_path: Path) -> None:
    with zipfile.ZipFile(torch.wheel, "w") as wheel:
        wheel.writestr("torch/version.py", "")
    with pytest.raises(IndexFault, match="has no libraries of torch"):
        torch.index(tmp_path)


def test_the_releases_that_a_range_admits(torch: SmallTorch) -> None:
    small_torch(torch.folder, "9.2.0")
    with torch.reader() as reader:
        found = work_for(reader, SpecifierSet(">=9"), [torch.platform])
        assert [str(work.release) for work in found] == ["9.2.0", "9.1.0"]
        with pytest.raises(NothingToIndexError, match=r"has no torch<9 for Linux on"):
            work_for(reader, SpecifierSet("<9"), [torch.platform])
        with pytest.raises(NothingToIndexError):
            work_for(reader, SpecifierSet(">=9"), [Platform.WIN_AMD64])


def command(
    torch: SmallTorch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str]:
    """`envgen facts index` where pip is configured to see nothing but the wheel."""
    monkeypatch.setenv("ENVGEN_FACTS", str(torch.folder / "facts"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_FIND_LINKS", str(torch.folder))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr("sys.argv", ["envgen", "facts", "index", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), capsys.readouterr().out


def test_the_command_indexes_once_and_again_when_asked(
    torch: SmallTorch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = command(torch, monkeypatch, capsys, "torch==9.1.0", "--no-layout", "--json")
    (indexed,) = json.loads(said)["indexed"]
    assert code == 0
    assert (indexed["release"], indexed["libraries"]) == ("9.1.0", ["c10", "torch_cpu", "torch_cuda"])

    index = SymbolIndex(IndexStore(torch.folder / "facts" / "symbols"))
    missing = index.missing(Version("9.1.0"), torch.platform, [TENSOR_SIZE, WARP], with_cuda=False)
    assert missing == (WARP,)

    code, said = command(torch, monkeypatch, capsys, "torch==9.1.0", "--no-layout")
    assert code == 0
    assert said == "0 releases indexed, 1 known already (--again reads them anew).\n"
    code, said = command(torch, monkeypatch, capsys, "torch==9.1.0", "--no-layout", "--again")
    assert said.endswith("1 release indexed.\n")


def test_headers_that_no_compiler_takes_leave_the_layout_unknown(
    torch: SmallTorch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = command(torch, monkeypatch, capsys, "torch==9.1.0")
    assert code == 0
    assert "layout unknown: " in said
    assert "does not take these headers of torch" in said
    assert not list((torch.folder / "facts").rglob("*.layout.json"))


def test_a_wheel_that_cannot_be_read_ends_with_7_and_names_it(
    torch: SmallTorch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.wheel.write_bytes(b"no archive")
    code, said = command(torch, monkeypatch, capsys, "torch==9.1.0")
    assert code == 7
    assert "not indexed" in said
    assert "is damaged, or no wheel" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["numpy==2.0"], "Symbols are indexed of torch, not of numpy."),
        (["torch=="], "'torch==' does not say which releases."),
        (["torch==9.1.0", "--platform", "amiga"], "'amiga' is no platform."),
    ],
)
def test_what_cannot_be_asked_for(
    arguments: list[str],
    sentence: str,
    torch: SmallTorch,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["envgen", "facts", "index", *arguments])
    monkeypatch.setenv("ENVGEN_FACTS", str(torch.folder))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_without_a_requirement_it_says_what_is_known(
    torch: SmallTorch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command(torch, monkeypatch, capsys, "torch==9.1.0", "--no-layout", "--json")
    code, said = command(torch, monkeypatch, capsys)
    assert code == 0
    assert f"{torch.platform}: " in said
    assert " to 9.1.0, read 20" in said
    _, said = command(torch, monkeypatch, capsys, "--json")
    newest = [each for each in json.loads(said)["releases"] if each["release"] == "9.1.0"]
    assert [(each["wheel"], each["layout"]) for each in newest] == [(torch.wheel.name, False)]
    code, _ = command(torch, monkeypatch, capsys, "--again")
    assert code == 2


def test_what_is_in_the_cache_is_added_to_what_is_shipped(torch: SmallTorch, tmp_path: Path) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    torch.index(tmp_path).write(own / f"{torch.platform}-9.1.0.symbols")
    assert merge_into(shipped, own) == (shipped / f"{torch.platform}.symbols",)
    (own / f"{torch.platform}-9.1.0.symbols").unlink()
    newer = small_torch(tmp_path / "newer", "9.2.0")
    newer.index(tmp_path).write(own / f"{torch.platform}-9.2.0.symbols")
    merge_into(shipped, own)
    index = SymbolIndex(IndexStore(None, shipped))
    assert [str(release) for release in index.releases(torch.platform)] == ["9.1.0", "9.2.0"]


@pytest.mark.e2e
def test_a_release_from_the_configured_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest wheel of torch: 53 MB, of which only the libraries are read."""
    monkeypatch.setenv("ENVGEN_FACTS", str(tmp_path))
    monkeypatch.setattr(
        "sys.argv", ["envgen", "facts", "index", "torch==1.13.1", "--platform", "macos_arm64", "--again"]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    names = ["_ZNK2at10TensorBase4sizeEx", "aoti_torch_delete_tensor_object", "_ZN3c105Error4whatEv"]
    read = SymbolIndex(IndexStore(tmp_path / "symbols", tmp_path)).look_up(Platform.MACOS_ARM64, names)
    shipped = SymbolIndex(IndexStore(None)).look_up(Platform.MACOS_ARM64, names)
    release = Version("1.13.1")
    assert read.missing(release, with_cuda=False) == shipped.missing(release, with_cuda=False) != ()
