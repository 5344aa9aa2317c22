"""What stands for a cell's system: uv's target and the macOS floor."""

from __future__ import annotations

import pytest

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.platforms import macos_target, uv_platform

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
