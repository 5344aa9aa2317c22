"""How well failures are localised: 200 synthetic fault sets on a matrix of 9,883 cells.

Each set is of one to three conjunctions of one to three conditions. From the full grid, from a pairwise run and at most
20 further cells, and with one pass inside a fault that is none: how often the failing set is found exactly, and with
how many cells.

    python benchmarks/localise.py [SETS]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from localise.faults import Faults, pairwise, random_faults
from localise.model import realistic

from envgen.localise import EXTRA, explain, localise

SEED = 20261121
FLAKY_SUPPORT = 3  # failing cells of a fault, of which one passes once


def main(sets: int) -> None:
    space = realistic()
    start = pairwise(space)
    drawn = [random_faults(space, 1 + n % 3, start, np.random.default_rng([SEED, n])) for n in range(sets)]
    every = range(len(space.rows))
    print(f"{len(space.rows)} cells, a pairwise run of {len(start)}, {sets} fault sets of 1 to 3 faults, seed {SEED}")

    def from_all(faults: Faults) -> tuple[bool, int]:
        explanation = explain(space, faults.observed(every))
        return explanation.complete and bool((explanation.predicted == faults.fails).all()), 0

    def from_pairwise(faults: Faults) -> tuple[bool, int]:
        found = localise(space, faults.observed(start), faults.oracle)
        return bool((found.explanation.predicted == faults.fails).all()), len(found.asked)

    def from_nothing_more(faults: Faults) -> tuple[bool, int]:
        return bool((explain(space, faults.observed(start)).predicted == faults.fails).all()), 0

    _measure("the full grid", from_all, drawn)
    _measure("the pairwise run alone", from_nothing_more, drawn)
    for number in (1, 2, 3):
        of_number = [faults for faults in drawn if len(faults.patterns) == number]
        _measure(f"pairwise and at most {EXTRA} cells, faults: {number}", from_pairwise, of_number)
    _measure(f"pairwise and at most {EXTRA} cells, all", from_pairwise, drawn)

    def flaky_at_first(faults: Faults) -> tuple[bool, int]:
        inside = [row for row in start if faults.patterns[0].mask(space)[row]]
        observed = faults.observed(start) | {inside[len(inside) // 2]: False}
        found = localise(space, observed, faults.oracle)
        return bool((found.explanation.predicted == faults.fails).all()), len(found.asked)

    def flaky_when_asked(faults: Faults) -> tuple[bool, int]:
        failing: list[int] = []

        def oracle(row: int) -> bool:
            if faults.oracle(row):
                failing.append(row)
            return faults.oracle(row) and not (len(failing) == 2 and failing.count(row) == 1)

        found = localise(space, faults.observed(start), oracle)
        return bool((found.explanation.predicted == faults.fails).all()), len(found.asked)

    supported = [f for f in drawn if len(f.patterns) < 3 and f.patterns[0].mask(space)[start].sum() >= FLAKY_SUPPORT]
    _measure("one pass of the pairwise run is none", flaky_at_first, supported)
    _measure("one pass of a cell that was asked is none", flaky_when_asked, supported)


def _measure(name: str, trial: Callable[[Faults], tuple[bool, int]], drawn: Iterable[Faults]) -> None:
    began = time.perf_counter()
    ends = [trial(faults) for faults in drawn]
    each = (time.perf_counter() - began) / len(ends)
    exact, asked = sum(good for good, _ in ends), [cells for _, cells in ends]
    print(
        f"{name:45} exact {exact:3} of {len(ends):3} ({exact / len(ends):6.1%})"
        f"   further cells: median {np.median(asked):4.1f}, p90 {np.percentile(asked, 90):4.1f}, most {max(asked):2}"
        f"   {each:.2f} s each",
        flush=True,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
