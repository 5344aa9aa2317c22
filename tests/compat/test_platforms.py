"""What stands for a cell's system: uv's target, the macOS floor, the images."""

from __future__ import annotations

import pytest

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.platforms import base_image, cuda_image, macos_target, uv_platform

FACTS = Facts.bundled()


def cell(system: str, cuda: str = "cu130") -> Cell:
    return Cell.parse(f"py312-torch2.13-{cuda}-{system}")


@pytest.mark.parametrize(
    ("system", "target"),
    [
        ("debian12-x86_64", "x86_64-manylinux_2_36"),
        ("ubuntu24.04-aarch64", "aarch64-manylinux_2_39"),
        ("debian11-x86_64", "x86_64-manylinux_2_31"),
        ("rhel8-x86_64", "x86_64-manylinux_2_28"),
        ("ubuntu18.04-x86_64", "x86_64-manylinux_2_17"),  # uv knows nothing between 2.17 and 2.28
        ("ubuntu26.04-x86_64", "x86_64-manylinux_2_40"),  # nor above 2.40
        ("debian99-x86_64", "x86_64-unknown-linux-gnu"),
        ("windows2022-x86_64", "x86_64-pc-windows-msvc"),
        ("macos14-aarch64", "aarch64-apple-darwin"),
    ],
)
def test_uv_platform(system: str, target: str) -> None:
    assert uv_platform(cell(system), FACTS) == target


@pytest.mark.parametrize(
    ("system", "target"), [("macos14-aarch64", "14.0"), ("macos10.15-x86_64", "10.15"), ("debian12-x86_64", None)]
)
def test_macos_target(system: str, target: str | None) -> None:
    assert macos_target(cell(system)) == target


@pytest.mark.parametrize(
    ("system", "image"),
    [("debian12-x86_64", "debian:12-slim"), ("ubuntu24.04-x86_64", "ubuntu:24.04"), ("macos14-aarch64", None)],
)
def test_base_image(system: str, image: str | None) -> None:
    found = base_image(cell(system), FACTS)
    assert (found.name if found else None) == image


@pytest.mark.parametrize(
    ("system", "cuda", "cudnn", "image"),
    [
        ("ubuntu24.04-x86_64", "cu130", False, "nvidia/cuda:13.0.2-devel-ubuntu24.04"),
        ("ubuntu22.04-x86_64", "cu121", True, "nvidia/cuda:12.1.1-cudnn8-devel-ubuntu22.04"),
        ("ubuntu24.04-x86_64", "cu126", True, "nvidia/cuda:12.6.3-cudnn-devel-ubuntu24.04"),
        ("rhel9-x86_64", "cu128", False, "nvidia/cuda:12.8.1-devel-ubi9"),
        ("rocky9-x86_64", "cu128", False, "nvidia/cuda:12.8.1-devel-rockylinux9"),
        ("ubuntu24.04-x86_64", "cu132", True, None),  # no such variant was seen
        ("debian12-x86_64", "cu130", False, None),  # nvidia/cuda has no Debian
        ("ubuntu24.04-x86_64", "cpu", False, None),
    ],
)
def test_cuda_image(system: str, cuda: str, cudnn: bool, image: str | None) -> None:
    found = cuda_image(cell(system, cuda), FACTS, cudnn=cudnn)
    assert (found.name if found else None) == image
