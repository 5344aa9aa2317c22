"""`envgen diagnose` of libraries, archives and releases."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path

import pytest

from tests.binary.made import container, entry, macho, pe

from .conftest import Envgen

SOUND = pe(0x8664, ["python312.dll", "VCRUNTIME140.dll", "cudart64_12.dll"], container(entry(90), entry(90, ptx=True)))
DEBUG = pe(0x8664, ["vcruntime140d.dll"])
METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\nRequires-Dist: torch==2.8.0\n"


def wheel(folder: Path, tag: str, content: bytes, name: str = "tiny/_C.pyd") -> Path:
    path = folder / f"tiny-1.0-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, content)
        archive.writestr("tiny-1.0.dist-info/METADATA", METADATA)
    return path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, and no other index."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_sound_library(envgen: Envgen, tmp_path: Path) -> None:
    file = tmp_path / "_C.cp312-win_amd64.pyd"
    file.write_bytes(SOUND)
    said = envgen("diagnose", file)
    assert said.code == 0, said.err
    for words in (
        "PE, x86_64, 64 bits",
        "/MD",
        "for 3.12 only",
        "cudart64_12.dll (CUDA 12)",
        "sm_90 compute_90 in 2 parts",
    ):
        assert words in said.out


def test_what_is_wrong_ends_with_1(envgen: Envgen, tmp_path: Path) -> None:
    (tmp_path / "a.dll").write_bytes(DEBUG)
    (tmp_path / "b.pyd").write_bytes(SOUND[:900])
    said = envgen("diagnose", tmp_path)
    assert said.code == 1
    assert "win-crt-mismatch a.dll was compiled with /MDd" in said.out
    assert "binary-damaged b.pyd cannot be read: it is cut short" in said.out


def test_json(envgen: Envgen, tmp_path: Path) -> None:
    path = wheel(tmp_path, "cp312-cp312-win_amd64", DEBUG)
    said = envgen("diagnose", "--json", path)
    (found,) = json.loads(said.out)
    assert said.code == 1
    assert found["file"] == "tiny/_C.pyd"
    assert found["binaries"][0]["pe"]["crt"] == ["/MDd"]
    assert found["diagnoses"][0]["cause"] == "win-crt-mismatch"
    assert found["diagnoses"][0]["fix"]


@pytest.mark.parametrize(
    ("platform", "code", "words"),
    [
        ("windows-x86_64", 0, ""),
        ("linux-x86_64", 1, "built for windows, and linux is needed"),
        ("windows-arm64", 1, "built for x86_64, and arm64 is needed"),
    ],
)
def test_for_a_platform(platform: str, code: int, words: str, envgen: Envgen, tmp_path: Path) -> None:
    file = tmp_path / "one.pyd"
    file.write_bytes(SOUND)
    said = envgen("diagnose", file, "--platform", platform)
    assert said.code == code, said.err
    assert words in said.out


def test_a_folder_without_libraries(envgen: Envgen, tmp_path: Path) -> None:
    said = envgen("diagnose", tmp_path)
    assert said.code == 0
    assert "No shared library is in it." in said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Nothing was named to look at"),
        (["nowhere.so"], "There is no file 'nowhere.so'"),
        (["tiny>=1.0"], "There is no file 'tiny>=1.0'"),
        (["one.pyd", "--platform", "amiga"], "'amiga' is no platform"),
    ],
)
def test_wrong_usage(arguments: list[str], words: str, envgen: Envgen, index: Path) -> None:
    Path("one.pyd").write_bytes(SOUND)
    said = envgen("diagnose", *arguments)
    assert said.code == 2
    assert words in said.err


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere one of the wheels is this machine's")
def test_a_release_of_one_wheel_for_each_platform(envgen: Envgen, index: Path) -> None:
    for tag in ("cp311-cp311-win_amd64", "cp312-cp312-win_amd64", "cp313-cp313t-win_amd64"):
        wheel(index, tag, SOUND)
    wheel(index, "cp312-cp312-macosx_11_0_arm64", macho(0x100000C, ["/usr/lib/libSystem.B.dylib"]), "tiny/_C.so")
    said = envgen("diagnose", "tiny==1.0")
    heads = [line for line in said.out.splitlines() if line.startswith("tiny-")]
    assert heads == ["tiny-1.0-cp312-cp312-macosx_11_0_arm64.whl", "tiny-1.0-cp312-cp312-win_amd64.whl"]
    assert "asks for torch==2.8.0" in said.out
    assert "2 other wheels of this release" in said.out
    assert "mac-code-signing" in said.out
    assert said.code == 1


def test_the_wheel_that_is_asked_for(envgen: Envgen, index: Path) -> None:
    for tag in ("cp311-cp311-win_amd64", "cp312-cp312-win_amd64", "cp310-abi3-win_arm64"):
        wheel(index, tag, SOUND)
    said = envgen("diagnose", "tiny==1.0", "--python", "3.11", "--platform", "windows-x86_64")
    assert "tiny-1.0-cp311-cp311-win_amd64.whl" in said.out
    assert "cp312-win_amd64.whl" not in said.out
    said = envgen("diagnose", "tiny==1.0", "--python", "3.13", "--platform", "windows-x86_64")
    assert said.code == 2
    assert "has no wheel for what was asked for" in said.err


def test_not_every_wheel_of_a_release_is_named(envgen: Envgen, index: Path) -> None:
    for python in range(8, 15):
        wheel(index, f"cp3{python}-cp3{python}-win_amd64", SOUND)
    said = envgen("diagnose", "tiny==1.0", "--python", "3.20")
    assert "and 2 more." in said.err


@pytest.mark.parametrize("subject", ["tiny==2.0", "other==1.0"])
def test_a_release_that_is_not_there(subject: str, envgen: Envgen, index: Path) -> None:
    wheel(index, "cp311-cp311-win_amd64", SOUND)
    said = envgen("diagnose", subject)
    assert said.code != 0
    assert said.err.startswith("error: No index has")


def test_a_damaged_wheel(envgen: Envgen, index: Path) -> None:
    path = wheel(index, "cp311-cp311-win_amd64", SOUND)
    path.write_bytes(path.read_bytes()[:500])
    for subject in (path, "tiny==1.0"):
        said = envgen("diagnose", subject)
        assert said.code != 0
        assert "damaged" in said.out + said.err


def test_help_has_examples(envgen: Envgen) -> None:
    said = envgen("diagnose", "--help")
    assert "envgen diagnose build/_C.so" in said.out


def test_nothing_in_a_name_reaches_the_terminal_as_a_command(envgen: Envgen, tmp_path: Path) -> None:
    folder = tmp_path / "red\x1b[31m"
    folder.mkdir()
    library = folder / "lib\x1b]0;title\x07.so"
    library.write_bytes(b"\x7fELF")
    for subject in (folder, library):
        said = envgen("diagnose", subject)
        assert "cannot be read" in said.out
        assert all(each.isprintable() or each == "\n" for each in said.out)


def test_what_many_files_share_is_not_said_of_each(envgen: Envgen, tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"{number}.dll").write_bytes(DEBUG)
    said = envgen("diagnose", tmp_path)
    assert said.out.count("was compiled with /MDd") == 3
    assert "binary-debug-crt: likewise 6 more" in said.out
    assert said.out.count("Compile everything with /MD") == 1
    assert envgen("diagnose", tmp_path, "--verbose").out.count("was compiled with /MDd") == 9


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([""], "An empty name was given."),
        (["lib.so", "--gpu", "9.0"], "--gpu says nothing without --against."),
        (["lib.so", "--built-with", "2.9.0"], "--built-with says nothing without --against."),
        (["lib.so", "--python", "3.12"], "--python says nothing of files without --against."),
        (["lib.so", "--against", ""], "--against names no release."),
        (["lib.so", "--against", "numpy>=1"], "says nothing about torch."),
        (["lib.so", "--against", "torch>=2.4", "--python", "4"], "is not a Python version"),
        (["lib.so", "--against", "torch>=2.4", "--platform", "?"], "is no platform"),
        (["lib.so", "--against", "torch>=2.4", "--built-with", "new"], "is no release of torch"),
    ],
)
def test_options_that_cannot_be_meant_are_told_before_anything_else(
    arguments: list[str], words: str, envgen: Envgen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lib.so").write_bytes(SOUND)
    said = envgen("diagnose", *arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.err


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is shut to root")
def test_what_is_shut_is_said_so(envgen: Envgen, tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir(mode=0)
    said = envgen("diagnose", shut)
    assert said.code == 1
    assert said.err == f"error: {str(shut)!r}: Permission denied.\n"


def test_an_error_of_the_system_is_told_in_its_words(envgen: Envgen) -> None:
    said = envgen("diagnose", "x" * 999)
    assert said.code == 1
    assert said.err == f"error: {'x' * 999!r}: File name too long.\n"
