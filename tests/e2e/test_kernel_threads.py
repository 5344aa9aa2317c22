"""The CUDA kernels without a GPU: their threads, from the same headers, run on the host one after the other."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import TorchCell

pytestmark = pytest.mark.e2e

CSRC = Path(__file__).resolve().parents[2] / "csrc"
PROGRAMS = Path(__file__).parent / "kernels"
# What csrc/python/envgen_reference/checks/values.py takes for equal on a GPU.
TOLERANCE = {"float64": 1e-13, "float32": 1e-5, "float16": 1e-3, "bfloat16": 8e-3}
BROKEN = {
    "reciprocal += rest != 0": "reciprocal += 0",
    "in_row < tile ?": "in_row + 1 < tile ?",
    "gates + index + tiles::rows_passed(tiling, tile, index) * x.leap": "gates + index",
    "if (i * kThreads + thread < tile.packs)": "if (i * kThreads + thread <= tile.packs)",
    "to[tiling.width] = up[i]": "to[tiling.width - 1] = up[i]",
}


@pytest.fixture(scope="module")
def torch_include(torch_cell: TorchCell, tmp_path_factory: pytest.TempPathFactory) -> str:
    code = "import torch.utils.cpp_extension as c; print(c.include_paths()[0])"
    return torch_cell.run("python", "-c", code, cwd=tmp_path_factory.mktemp("asked")).stdout.strip()


def run(cell: TorchCell, torch_include: str, name: str, include: Path, folder: Path) -> tuple[int, str]:
    program = folder / name
    compiler = os.environ.get("CXX", "c++")
    options = ["-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-I", include, "-isystem", torch_include]
    built = cell.run(compiler, *options, PROGRAMS / f"{name}.cpp", "-o", program, cwd=folder)
    assert built.returncode == 0, built.stderr
    done = cell.run(program, cwd=folder)
    return done.returncode, done.stdout


def test_every_pack_is_read_and_written_where_it_should_be(
    torch_cell: TorchCell, torch_include: str, tmp_path: Path
) -> None:
    status, said = run(torch_cell, torch_include, "threads", CSRC / "include", tmp_path)
    assert status == 0, said
    launches, places = (int(part.split()[0]) for part in said.split(","))
    assert launches > 3000
    assert places > 1_000_000


def test_the_arithmetic_keeps_to_the_stated_tolerance(
    torch_cell: TorchCell, torch_include: str, tmp_path: Path
) -> None:
    status, said = run(torch_cell, torch_include, "arithmetic", CSRC / "include", tmp_path)
    assert status == 0, said
    errors = {dtype: float(error) for dtype, error in map(str.split, said.splitlines())}
    assert errors.keys() == TOLERANCE.keys()
    for dtype, error in errors.items():
        assert 0 < error < TOLERANCE[dtype], f"{dtype}: {error}"


@pytest.mark.parametrize("right", BROKEN)
def test_a_wrong_mapping_is_found(torch_cell: TorchCell, torch_include: str, tmp_path: Path, right: str) -> None:
    include = tmp_path / "include"
    shutil.copytree(CSRC / "include", include)
    headers = [file for file in include.rglob("*.h") if right in file.read_text()]
    assert len(headers) == 1
    headers[0].write_text(headers[0].read_text().replace(right, BROKEN[right]))
    status, said = run(torch_cell, torch_include, "threads", include, tmp_path)
    assert status != 0, f"not found: {BROKEN[right]} ({said})"
