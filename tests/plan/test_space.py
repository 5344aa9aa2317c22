"""Cells of any origin as a space: the order of values, and cells that have different axes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from envgen.cell import Cell
from envgen.plan.space import space_of

IDS = (
    "py314t-torch2.13-cu130-trt11.0-ubuntu24.04-x86_64",
    "py39-torch2.9-cpu-debian12-aarch64-blas_mkl",
    "py310-torch2.10-cu126-ubuntu22.04-x86_64-blas_open",
    "py314-torch2.9-cu130-trt10.9-debian12-x86_64-numpy_2.10",
    "py311-torch2.9-cu130-trt10.16-debian12-x86_64-numpy_2.9",
)


def test_versions_ascend_and_names_have_no_order() -> None:
    space = space_of([*map(Cell.parse, IDS)])
    values = dict(zip(space.names, space.values, strict=True))
    assert values["python"] == ("3.9", "3.10", "3.11", "3.14", "3.14t")
    assert values["torch"] == ("2.9", "2.10", "2.13")
    assert values["cuda"] == ("cpu", "cu126", "cu130")
    assert values["tensorrt"] == ("none", "10.9", "10.16", "11.0")
    assert values["blas"] == ("none", "mkl", "open")
    ordered = dict(zip(space.names, space.ordered, strict=True))
    assert [name for name in ordered if ordered[name]] == ["python", "torch", "cuda", "tensorrt"]


def test_an_axis_of_ones_own_with_versions_is_ordered() -> None:
    space = space_of(
        [Cell.parse(f"py311-torch2.9-cpu-debian12-x86_64-numpy_{text}") for text in ("2.10", "1.26", "2.9")]
    )
    assert (space.names[-1], space.values[-1], space.ordered[-1]) == ("numpy", ("1.26", "2.9", "2.10"), True)


@given(st.permutations(IDS))
def test_a_row_is_its_cell(ids: list[str]) -> None:
    cells = [*map(Cell.parse, ids)]
    space = space_of(cells)
    for row, cell in enumerate(cells):
        texts = dict(zip(space.names, space.texts(row), strict=True))
        assert texts == dict.fromkeys(space.names, "none") | dict(cell.axes())
