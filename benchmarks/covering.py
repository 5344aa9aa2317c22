"""How few cells cover all pairs and triples of a matrix of 9,883 cells, and how much a budget covers of them.

Beside a plain greedy choice, which counts anew what each of all cells would add; beside two other generators where they
are installed (`pip install allpairspy covertable`); and beside sizes that were measured on the same model before.
Everything that is run is checked by plain sets, which share no code with any generator.

    python benchmarks/covering.py [SECONDS]

SECONDS is what the solver may take for a budget; 60 without it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module, metadata
from itertools import combinations
from math import fsum, prod
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from covering.checker import allowed, feasible
from covering.costs import costs
from localise.model import constraints, realistic

from envgen.covering import cover, lower_bound, optimal, within
from envgen.errors import UsageError
from envgen.space import Space

Cells = Iterable[Sequence[str]]
STARTS = 3  # of a selection
MUST, DRAWN = 5, 10
SHARES = (0.05, 0.1, 0.25, 0.5, 0.75)  # of what a cover of all pairs costs
BEFORE = (  # pairs: cells and seconds on two other cores, 2026-11-20
    ("PICT 3.7.4", "114", "0.38"),
    ("PICT, best of 20 seeds", "107", "7.7"),
    ("covertable 3.2.0", "115", "7.5"),
    ("covertable and 30 s of annealing", "99", "38"),
    ("coverwise 1.6.1", "124", "0.02"),
    ("coverwise, best of 20 seeds", "114", "0.45"),
    ("allpairspy 2.5.1, misses 293 pairs", "38", "0.02"),
)
TRIPLES_BEFORE = "PICT 552, coverwise 611"


class Table:
    """Prints one line for each generator, beside the plain greedy choice."""

    def __init__(self, space: Space, strength: int) -> None:
        self._space, self._strength = space, strength
        self._wanted = feasible(space, strength)
        self._rules = constraints()
        self._size, self._seconds = 0, 0.0

    def plain(self) -> None:
        began = time.perf_counter()
        rows = plain_greedy(self._space, self._strength)
        self._size, self._seconds = len(rows), time.perf_counter() - began
        self._print("plain greedy", [self._space.texts(row) for row in rows], self._seconds)

    def rows(self, name: str, choose: Callable[[], Sequence[int]]) -> None:
        began = time.perf_counter()
        rows = choose()
        self._print(name, [self._space.texts(row) for row in rows], time.perf_counter() - began)

    def peer(self, package: str, generate: Callable[[Space], Cells]) -> None:
        try:
            import_module(package)
        except ImportError:
            print(f"{package:40} not run: not installed")
            return
        began = time.perf_counter()
        cells = [tuple(cell) for cell in generate(self._space)]
        self._print(f"{package} {metadata.version(package)}", cells, time.perf_counter() - began)

    def _print(self, name: str, cells: Sequence[Sequence[str]], seconds: float) -> None:
        possible = [cell for cell in cells if allowed(self._rules, self._indices(cell))]
        covered = set().union(
            *(combinations(zip(self._space.names, cell, strict=True), self._strength) for cell in possible)
        )
        print(
            f"{name:40} {len(cells):4} cells ({len(cells) / self._size:4.2f})   {seconds:6.2f} s"
            f" ({seconds / self._seconds:6.2f})   covers {len(covered & self._wanted)} of {len(self._wanted)}"
            f"{f', {len(cells) - len(possible)} cannot be' if len(possible) < len(cells) else ''}",
            flush=True,
        )

    def _indices(self, cell: Sequence[str]) -> dict[int, int]:
        return {
            axis: values.index(text) for axis, (values, text) in enumerate(zip(self._space.values, cell, strict=True))
        }


def plain_greedy(space: Space, strength: int) -> list[int]:
    """One cell after the other, always the one with the most tuples that are missing."""
    columns, count = [], 0
    for places in space.axes_of(strength):
        sizes = [space.sizes[place] for place in places]
        columns.append(np.ravel_multi_index(tuple(space.rows[:, place] for place in places), sizes) + count)
        count += prod(sizes)
    table = np.stack(columns, axis=1)
    missing = np.zeros(count, bool)
    missing[table] = True
    chosen = []
    while missing.any():
        chosen.append(int(missing[table].sum(axis=1).argmax()))
        missing[table[chosen[-1]]] = False
    return chosen


def by_allpairspy(space: Space) -> Cells:
    """With a filter that it calls for the beginnings of cells."""
    rules, places = constraints(), [{text: n for n, text in enumerate(values)} for values in space.values]

    def fits(texts: Sequence[str]) -> bool:
        return allowed(rules, {axis: places[axis][text] for axis, text in enumerate(texts)})

    return import_module("allpairspy").AllPairs([list(values) for values in space.values], filter_func=fits)


def by_covertable(space: Space) -> Cells:
    """With a function for each constraint, which it calls when it has the values that this needs."""
    places = [{text: n for n, text in enumerate(values)} for values in space.values]
    rules = [
        {
            "operator": "fn",
            "requires": [space.names[axis] for axis in rule.axes],
            "evaluate": lambda row, rule=rule: bool(
                rule.allowed[tuple(places[axis][row[space.names[axis]]] for axis in rule.axes)]
            ),
        }
        for rule in constraints()
    ]
    factors = dict(zip(space.names, map(list, space.values), strict=True))
    made = import_module("covertable").make(factors, strength=2, constraints=rules)
    return [[row[name] for name in space.names] for row in made]


def pairs(space: Space) -> None:
    table = Table(space, 2)
    print(f"Pairs: no cover has fewer than {lower_bound(space)} cells (without a solver); in brackets: to plain greedy")
    table.plain()
    table.rows("envgen", lambda: cover(space))
    table.rows(f"envgen, {STARTS} starts, as selections", lambda: cover(space, starts=STARTS))
    table.rows("envgen with the solver", lambda: optimal(space).rows)
    table.peer("allpairspy", by_allpairspy)
    table.peer("covertable", by_covertable)
    print("Not run now, but measured on this model before:")
    for name, size, seconds in BEFORE:
        print(f"{name:40} {size:>4} cells          {seconds:>6} s")


def triples(space: Space) -> None:
    table = Table(space, 3)
    print(f"\nTriples; measured before, not run now: {TRIPLES_BEFORE}")
    table.plain()
    table.rows("envgen", lambda: cover(space, 3))


def must(space: Space) -> None:
    print(f"\nPairs with {MUST} cells that must be in, {DRAWN} draws: fewest, median and most cells")
    drawn = [np.random.RandomState(n).choice(len(space.rows), MUST, replace=False).tolist() for n in range(DRAWN)]
    ways: dict[str, Callable[[list[int]], Sequence[int]]] = {
        "envgen": lambda rows: cover(space, must=rows),
        f"envgen, {STARTS} starts, as selections": lambda rows: cover(space, must=rows, starts=STARTS),
        "envgen with the solver": lambda rows: optimal(space, must=rows).rows,
    }
    for name, choose in ways.items():
        began = time.perf_counter()
        sizes = [len(choose(rows)) for rows in drawn]
        each = (time.perf_counter() - began) / DRAWN
        print(f"{name:40} {min(sizes)}, {np.median(sizes):g}, {max(sizes)}   {each:.2f} s each", flush=True)


def budgets(space: Space, seconds: float) -> None:
    prices = costs(space)
    whole = fsum(prices[list(cover(space, costs=prices))])
    print(f"\nBudgets, of the {whole:g} that all pairs cost: pairs covered of the bound (not the same with the solver)")
    for share in SHARES:
        for solver in (False, True):
            began = time.perf_counter()
            bought = within(space, whole * share, prices, solver=solver, seconds=seconds)
            print(
                f"{share:4.0%} {'with the solver' if solver else 'greedy':34}"
                f" {bought.covered:g} of {bought.bound:g} ({bought.covered / bought.bound:.2%})"
                f"   {time.perf_counter() - began:6.2f} s",
                flush=True,
            )


def main(seconds: float) -> None:
    space = realistic()
    print(f"{prod(space.sizes)} combinations, {len(space.rows)} cells\n")
    try:
        pairs(space)
        triples(space)
        must(space)
        budgets(space, seconds)
    except UsageError as error:
        raise SystemExit(f"error: {error}") from None


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
