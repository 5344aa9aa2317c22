"""What stands for a cell's operating system elsewhere: uv's target platform, the macOS floor, the base images."""

from __future__ import annotations

from dataclasses import dataclass

from envgen.cell import Cell, OsFamily
from envgen.compat.facts import Facts
from envgen.compat.verdict import Source


@dataclass(frozen=True)
class Image:
    """A container image, and where its name comes from."""

    name: str
    source: Source


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


def base_image(cell: Cell, facts: Facts) -> Image | None:
    """The plain container image of a cell's operating system; None when there is none or it is not known."""
    system = facts.systems.get(cell.os)
    return Image(system.image, system.source) if system and system.image else None


def cuda_image(cell: Cell, facts: Facts, *, cudnn: bool = False) -> Image | None:
    """The nvidia/cuda image with the compilers of a cell's CUDA on its operating system.

    Args:
        cell: the cell.
        facts: the facts.
        cudnn: take the variant that holds cuDNN.

    Returns:
        The image, or None when the facts know no such tag.
    """
    for image in facts.cuda_images:
        if image.cuda == cell.cuda and cell.os in image.os and (image.cudnn or not cudnn):
            variant = f"{image.cudnn}-devel" if cudnn else "devel"
            return Image(f"nvidia/cuda:{image.tag}-{variant}-{_cuda_image_os(cell)}", image.source)
    return None


def _cuda_image_os(cell: Cell) -> str:
    """An os as nvidia/cuda's tags write it."""
    name = {"rhel": "ubi", "rocky": "rockylinux"}.get(cell.os.name, cell.os.name)
    return f"{name}{cell.os.release}"
