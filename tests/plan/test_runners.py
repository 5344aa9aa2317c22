"""Which runner takes a cell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.plan.runners import runner_for
from envgen.spec.matrix import Match, Runner
from tests.plan.matrices import matrix

FACTS = Facts.bundled()
GPU = Runner(Match({"os": ("linux",), "arch": ("x86_64",), "cuda": ("cu*",)}), ("self-hosted", "gpu"), gpu=True)
NEWEST = Runner(Match({"os": ("linux",), "torch": ("latest",)}), ("newest",))
LINUX = Runner(Match({"os": ("ubuntu*", "debian12")}), ("ubuntu-24.04",))
NAMED = Runner(Match(cells=("*-windows2022-*",)), ("windows-2022",))
MATRIX = replace(matrix(), runners=(GPU, NEWEST, LINUX, NAMED))


@pytest.mark.parametrize(
    ("cell", "runner"),
    [
        ("py312-torch2.13-cu130-debian12-x86_64", GPU),
        ("py312-torch2.13-cu130-debian12-aarch64", LINUX),
        ("py312-torch2.13-cpu-ubuntu22.04-x86_64", LINUX),
        (f"py312-torch{FACTS.torch_versions()[-1]}-cpu-ubuntu22.04-x86_64", NEWEST),  # the first that takes it
        ("py312-torch2.13-cpu-windows2022-x86_64", NAMED),
        ("py312-torch2.13-cpu-rhel9-x86_64", None),
        ("py312-torch2.13-cpu-macos14-aarch64", None),
    ],
)
def test_the_first_runner_that_takes_a_cell(cell: str, runner: Runner | None) -> None:
    assert runner_for(Cell.parse(cell), MATRIX, FACTS) == runner


def test_without_runners_nobody_takes_it() -> None:
    assert runner_for(Cell.parse("py312-torch2.13-cpu-debian12-x86_64"), matrix(), FACTS) is None
