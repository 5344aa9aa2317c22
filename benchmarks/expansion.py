"""How long a matrix takes to expand, beside the plain way: every combination made and asked about.

    python benchmarks/expansion.py

Both count the same rejections by the same rules; the plain way asks each rule once for every combination of the axes
that it reads, and so is no straw man. Prints seconds, their ratio and the memory at its highest.
"""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import TypeVar

from envgen.cell import FIXED_AXES, Cell
from envgen.compat.facts import Facts
from envgen.compat.judge import Judge
from envgen.compat.rules import RULES
from envgen.plan import plan
from envgen.plan.axes import Axes
from envgen.plan.resolve import resolve_axes
from envgen.spec.load import load

T = TypeVar("T")
HERE = Path(__file__).parent
FILES = (HERE.parent / "matrix.yaml", HERE / "million.yaml")


def timed(function: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    result = function()
    return result, time.perf_counter() - started


def product_and_filter(axes: Axes, facts: Facts) -> Counter[str]:
    """The accepted cells under the empty name, and the rejected under the rule that is first to reject."""
    judge, found = Judge(facts), Counter[str]()
    extras = list(product(*([(name, value) for value in values] for name, values in axes.extra)))
    for values in product(*(getattr(axes, axis) for axis in FIXED_AXES), extras):
        cell = Cell(*values)
        verdicts = (judge.verdict(index, cell) for index in range(len(RULES)))
        found[next((verdict.rule for verdict in verdicts if verdict.answer.rejects), "")] += 1
    return found


def main() -> None:
    facts = Facts.bundled()
    for file in FILES:
        matrix = load(file)
        planned, fast = timed(lambda: plan(matrix, facts))  # noqa: B023 - called at once
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        ids, listing = timed(lambda: [str(entry.cell) for entry in planned.cells])  # noqa: B023
        plain, slow = timed(lambda: product_and_filter(resolve_axes(matrix, facts), facts))  # noqa: B023
        same = plain[""] == len(planned.cells) + sum(planned.excluded.values())
        print(
            f"{file.name}: {planned.raw} raw, {len(ids)} cells; planned in {fast:.2f} s ({memory:.0f} MB),"
            f" listed in {listing:.2f} s more; product and filter {slow:.1f} s, {slow / fast:.0f} times as long,"
            f" {'the same cells' if same else 'OTHER CELLS'}"
        )


if __name__ == "__main__":
    main()
