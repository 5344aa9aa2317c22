"""What certainly does not load in a cell, told from what its torch defines and its system has."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.version import Version

from envgen.binary.look import Looked
from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.prediction import Knowledge, Sure, Target, surely_fails
from envgen.prediction.bundle import together
from envgen.symbols import SymbolIndex


def foresee(cell: Cell, torch: Version, looked: Sequence[Looked], facts: Facts) -> Sure:
    """Of what was built in a cell, what its own torch and system refuse; a risk is no reason to fail.

    Args:
        torch: the version in the cell's lock, which is also what the binaries were compiled against.
    """
    family, arch = cell.os.family, cell.arch
    binaries = [each for one in looked for each in one.binaries if each.format.family is family and each.arch is arch]
    knowledge = Knowledge.of(facts, SymbolIndex.current())
    subjects = together(binaries, built_with=Version(torch.public))
    return surely_fails(subjects, Target.of_cell(cell, torch, facts), knowledge)
