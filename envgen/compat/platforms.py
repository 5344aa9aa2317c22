"""What stands for a cell's operating system elsewhere: uv's target platform and the macOS floor."""

from __future__ import annotations

from envgen.cell import Cell, OsFamily
from envgen.compat.facts import Facts


def uv_platform(cell: Cell, facts: Facts) -> str:
    """The target platform under which uv resolves for a cell: `x86_64-manylinux_2_36`, `aarch64-apple-darwin`.

    A Linux with a glibc newer than uv knows resolves as the newest it does; one that the facts do not know, as uv's
    own default for Linux. The macOS floor is not part of it: see `macos_target`.
    """
    arch = cell.arch.value
    if cell.os.family is OsFamily.WINDOWS:
        return f"{arch}-pc-windows-msvc"
    if cell.os.family is OsFamily.MACOS:
        return f"{arch}-apple-darwin"
    system = facts.systems.get(cell.os)
    glibc = system.glibc if system else None
    target = max((known for known in facts.uv_targets if glibc and known <= glibc), default=None)
    return f"{arch}-manylinux_{target.major}_{target.minor}" if target else f"{arch}-unknown-linux-gnu"


def macos_target(cell: Cell) -> str | None:
    """The value of MACOSX_DEPLOYMENT_TARGET that resolves and builds for a cell: `14.0`; None outside macOS."""
    if cell.os.family is not OsFamily.MACOS:
        return None
    return cell.os.release if "." in cell.os.release else f"{cell.os.release}.0"
