"""The native route: what CMake gives to MSVC's compilers, as clang-cl takes it, and one C runtime whoever asks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from envgen.assets import asset

HERE = Path(__file__).parent / "cmake"
CRT = re.compile(r"[-/]M[DT]d?")

Configure = Callable[..., subprocess.CompletedProcess[str]]


def tool(name: str) -> str | None:
    """A program of LLVM's, which Debian keeps under its release."""
    found = [shutil.which(name), *(shutil.which(f"{name}-{release}") for release in range(25, 13, -1))]
    beside = sorted(Path("/usr/lib").glob(f"llvm-*/bin/{name}"))
    return next((path for path in (*found, *map(str, beside)) if path), None)


TOOLS = {variable: tool(name) for variable, name in (
    ("CLANG_CL", "clang"), ("LLVM_LIB", "llvm-lib"), ("LLD_LINK", "lld-link"), ("LLVM_RC", "llvm-rc"),
)}  # fmt: skip
MISSING = [name for name in ("cmake", "ninja") if not shutil.which(name)] + [
    name for name, at in TOOLS.items() if not at
]

pytestmark = pytest.mark.cross


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    if MISSING:
        reason = f"not found: {', '.join(MISSING)}"
        if os.environ.get("ENVGEN_TEST_COMPILERS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    compiler = tmp_path / "clang-cl"  # clang under this name takes MSVC's options
    compiler.symlink_to(Path(str(TOOLS["CLANG_CL"])).resolve())
    tools = {name: str(path) for name, path in TOOLS.items()} | {"CLANG_CL": str(compiler)}

    def call(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                "cmake", "-S", asset("csrc"), "-B", tmp_path / "build", "-G", "Ninja", f"-DTorch_DIR={HERE}",
                f"-DCMAKE_TOOLCHAIN_FILE={HERE / 'clang-cl.cmake'}", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", *options,
            ],
            env={**os.environ, **tools}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return call


def commands(tmp_path: Path) -> list[list[str]]:
    listed = json.loads((tmp_path / "build" / "compile_commands.json").read_text())
    return [entry["command"].split() for entry in listed]


@pytest.mark.parametrize("kind", ["", "Debug", "RelWithDebInfo"])
def test_every_unit_takes_the_release_runtime_as_a_dll(configure: Configure, tmp_path: Path, kind: str) -> None:
    done = configure(*([f"-DCMAKE_BUILD_TYPE={kind}"] if kind else []))
    assert done.returncode == 0, done.stderr
    compiled = commands(tmp_path)
    assert len(compiled) == 3
    for words in compiled:
        assert [word for word in words if CRT.fullmatch(word)] == ["-MD"]
        assert "/Zc:__cplusplus" in words
        assert "-std:c++20" in words
        assert ("/RTC1" in words) == (kind == "Debug")  # without a kind it is Release, and not CMake's own choice


def test_the_library_has_the_name_that_the_package_loads(configure: Configure, tmp_path: Path) -> None:
    assert configure().returncode == 0
    assert "build envgen_reference_ops.dll:" in (tmp_path / "build" / "build.ninja").read_text()


@pytest.mark.parametrize(
    "runtime", ["MultiThreaded", "MultiThreadedDebugDLL", "MultiThreaded$<$<CONFIG:Debug>:Debug>DLL"]
)
def test_another_runtime_is_refused(configure: Configure, runtime: str) -> None:
    done = configure(f"-DCMAKE_MSVC_RUNTIME_LIBRARY={runtime}")
    assert done.returncode != 0
    assert f"CMAKE_MSVC_RUNTIME_LIBRARY is {runtime}" in done.stderr
    assert "MultiThreadedDLL (/MD)" in done.stderr
