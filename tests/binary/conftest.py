"""Compilers for other systems: MinGW for Windows, clang with lld for macOS."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.binary.foreign import MacCompiler, WindowsCompiler


def _program(*names: str) -> Path:
    """The first of some programs that is here."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found:
        return Path(found)
    reason = f"no {names[0]} here: apt-get install gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 clang lld"
    if os.environ.get("ENVGEN_TEST_COMPILERS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def windows(tmp_path: Path) -> WindowsCompiler:
    """Makes DLLs for x86-64."""
    prefix = "x86_64-w64-mingw32"
    return WindowsCompiler(_program(f"{prefix}-gcc"), _program(f"{prefix}-dlltool"), tmp_path)


@pytest.fixture
def windows32(tmp_path: Path) -> WindowsCompiler:
    """Makes DLLs of 32 bits."""
    prefix = "i686-w64-mingw32"
    return WindowsCompiler(_program(f"{prefix}-gcc"), _program(f"{prefix}-dlltool"), tmp_path)


@pytest.fixture
def macos(tmp_path: Path) -> MacCompiler:
    """Makes dylibs."""
    return MacCompiler(
        _program("clang", "clang-19", "clang-14"), _program("ld64.lld", "ld64.lld-19", "ld64.lld-14"), tmp_path
    )
