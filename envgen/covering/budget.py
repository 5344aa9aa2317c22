"""The cells that cover most within a budget of minutes, dollars, gigabytes or cells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import floor, fsum, inf, isfinite
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from envgen.covering.greedy import in_order
from envgen.covering.program import Program, require_solver
from envgen.covering.relaxation import upper_bound
from envgen.covering.search import Search, random_numbers
from envgen.covering.tally import Tally
from envgen.covering.tuples import Tuples
from envgen.errors import UsageError
from envgen.space import Space

LARGEST_WEIGHT = 2**24  # weights are counted as whole numbers up to this
RUIN = (1, 6)
SEARCHES, LONGER = 3, 10  # with a solver: so many searches, so many times longer
ROUNDING = 1e-9  # of sums, in proportion


@dataclass(frozen=True)
class Budgeted:
    """What a budget buys.

    Attributes:
        rows: row indices; first those that had to be in it, then what covers most of the rest, and so on.
        cost: of all of them.
        covered: the weight of the tuples that they have; without weights, their number.
        feasible: the weight of all tuples that any cell has.
        bound: no choice within the budget covers more than this.
    """

    rows: tuple[int, ...]
    cost: float
    covered: float
    feasible: float
    bound: float


@dataclass(frozen=True, eq=False)
class _Task:
    """What is to be covered, and with what."""

    tuples: Tuples
    weights: NDArray[np.float64]
    costs: NDArray[np.float64]
    budget: float
    fixed: tuple[int, ...]

    def cost(self, rows: Sequence[int]) -> float:
        return fsum(self.costs[list(rows)])

    def covered(self, rows: Sequence[int]) -> float:
        return fsum(self.weights[self.tuples.covered_by(rows)])

    @property
    def limit(self) -> float:
        """The budget as sums of decimals can keep it: 0.1 and 0.2 are within 0.3."""
        return self.budget * (1 + ROUNDING)

    @property
    def room(self) -> float:
        """What is left of the budget for cells that need not be in it."""
        return self.limit - self.cost(self.fixed)

    @property
    def open_weights(self) -> NDArray[np.float64]:
        """The weights of the tuples that the fixed cells leave."""
        return np.where(self.tuples.covered_by(self.fixed), 0, self.weights)

    @property
    def counts(self) -> bool:
        """Whether all weights are whole, so that what is covered is too."""
        return bool(np.all(self.weights == np.rint(self.weights)))

    @property
    def whole_weights(self) -> NDArray[np.int64]:
        """The weights as whole numbers, rounded where they are not."""
        largest = float(self.weights.max(initial=0))
        scale = 1.0 if self.counts and largest <= LARGEST_WEIGHT else LARGEST_WEIGHT / max(largest, 1e-300)
        return np.rint(self.weights * scale).astype(np.int64)


def within(
    space: Space,
    budget: float,
    costs: NDArray[np.float64],
    *,
    strength: int = 2,
    must: Collection[int] = (),
    weights: NDArray[np.float64] | None = None,
    solver: bool = False,
    seconds: float = 60.0,
    seed: int = 0,
    rounds: int = 2000,
) -> Budgeted:
    """The cells that cover most of the feasible tuples, for at most `budget`.

    Greedily by what a cell adds for its cost, made better by local search. The same arguments give the same cells on
    any machine, unless the solver is stopped by its time.

    Args:
        budget: in the unit of `costs`.
        costs: of each row, at least 0.
        must: rows that are in the answer whatever they add.
        weights: of each tuple (by its number in `Tuples.of(space, strength)`), at least 0; 1 without it.
        solver: whether to search much longer, and to go on with integer programming.
        seconds: after which the solver's answer is the best so far.
        seed: decides ties and what is improved.
        rounds: of improvement.

    Raises:
        UsageError: `must` costs more than the budget, a cost or weight is below 0, the strength does not fit the space,
            or the solver is wanted and not installed.
    """
    if solver:
        require_solver()
    end = monotonic() + seconds
    tuples = Tuples.of(space, strength)
    task = _Task(
        tuples,
        _checked(np.ones(tuples.count) if weights is None else weights, tuples.count, "weight of a tuple"),
        _checked(costs, len(space.rows), "cost of a cell"),
        budget,
        tuple(dict.fromkeys(must)),
    )
    if task.room < 0:
        raise UsageError(
            f"The cells that must be in cost {task.cost(task.fixed):g}, more than the budget of {budget:g}.",
            f"Raise the budget to {task.cost(task.fixed):g} at least, or name fewer cells that must be in.",
        )
    if solver:
        half = monotonic() + seconds / 2
        found = [_searched(task, random_numbers(seed, start), LONGER * rounds, half) for start in range(SEARCHES)]
        rows = max(found, key=task.covered)
    else:
        rows = _searched(task, random_numbers(seed), rounds, inf)
    covered = task.covered(rows)
    bound = _bound(task, covered)
    if solver and covered < bound:
        rows, bound = _solved(task, rows, bound, end - monotonic())
        covered = task.covered(rows)
    rows = in_order(tuples, task.whole_weights, rows, len(task.fixed))
    return Budgeted(rows, task.cost(rows), covered, fsum(task.weights), max(bound, covered))


def _searched(task: _Task, random: np.random.RandomState, rounds: int, end: float) -> tuple[int, ...]:
    """Greedily by gain for cost, or the best single cell and then so; the better of them is improved."""
    begun = [_begin(task, random, single=False), _begin(task, random, single=True)]
    search = min(begun, key=lambda search: search.tally.lacking)
    best, lacking = tuple(search.tally.chosen), search.tally.lacking
    for _ in range(rounds):
        if not search.tally.lacking or not search.free or monotonic() > end:
            break
        search.round(task.limit)
        if search.tally.lacking < lacking:
            best, lacking = tuple(search.tally.chosen), search.tally.lacking
    return best


def _begin(task: _Task, random: np.random.RandomState, *, single: bool) -> Search:
    search = Search(
        Tally(task.tuples, task.whole_weights, task.fixed), task.costs, np.ones(len(task.costs)), random, RUIN
    )
    gains = np.where(task.costs <= task.room, search.tally.gains, 0)
    if single and gains.any():
        search.tally.add(int(gains.argmax()))
    search.fill(task.limit)
    return search


def _bound(task: _Task, covered: float) -> float:
    before = task.covered(task.fixed)
    bound = before + upper_bound(task.tuples, task.open_weights, task.costs, task.room, covered - before)
    return _rounded(task, bound)


def _rounded(task: _Task, bound: float) -> float:
    return float(floor(bound + 1e-6)) if task.counts else bound * (1 + ROUNDING)


def _solved(task: _Task, rows: tuple[int, ...], bound: float, seconds: float) -> tuple[tuple[int, ...], float]:
    """The better one of these rows and the solver's, and the lower bound of the two."""
    begin = np.concatenate([np.zeros(len(task.costs)), task.tuples.covered_by(rows)[task.open_weights > 0]])
    begin[list(rows)] = 1
    outcome = _program(task).solve(seconds, begin)
    if outcome.values is not None:
        chosen = np.flatnonzero(outcome.values[: len(task.costs)] > 0.5).tolist()
        found = tuple(dict.fromkeys([*task.fixed, *chosen]))
        if task.cost(found) <= task.limit:
            rows = max(rows, found, key=task.covered)
    if isfinite(outcome.bound):
        bound = min(bound, _rounded(task, task.covered(task.fixed) - outcome.bound))
    return rows, bound


def _program(task: _Task) -> Program:
    """Cells are in or out, and a tuple counts as far as cells that have it are in, but once."""
    cells, left = len(task.costs), np.flatnonzero(task.open_weights).tolist()
    columns, factors = [np.arange(cells)], [task.costs]
    for place, number in enumerate(left):
        holders = task.tuples.holders(number)
        columns.append(np.append(holders, cells + place))
        factors.append(np.append(-np.ones(len(holders)), 1.0))
    return Program(
        costs=np.concatenate([np.zeros(cells), -task.open_weights[left]]),
        integral=np.arange(cells + len(left)) < cells,
        starts=np.cumsum([0, *map(len, columns[:-1])]).astype(np.int32),
        columns=np.concatenate(columns).astype(np.int32),
        factors=np.concatenate(factors),
        lower=np.full(1 + len(left), -inf),
        upper=np.append(task.room, np.zeros(len(left))),
        step=1.0 if task.counts else 1e-6,
    )


def _checked(numbers: NDArray[np.float64], count: int, name: str) -> NDArray[np.float64]:
    if len(numbers) != count or not np.all(np.isfinite(numbers) & (numbers >= 0)):
        raise UsageError(f"The {name} is not a number of 0 or more.", f"Make every {name} a number of 0 or more.")
    return np.asarray(numbers, np.float64)
