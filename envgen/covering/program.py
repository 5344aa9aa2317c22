"""Integer programs over choices, solved by HiGHS (the optional extra `envgen[solver]`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from envgen.errors import UsageError

if TYPE_CHECKING:
    import highspy

GLANCE = 0.1  # seconds after which an interruption of the user is seen


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the solver found.

    Attributes:
        values: of the variables, in the best solution found; None when there is none.
        bound: no solution can cost less than this.
        proved: whether the best solution is proved to be the cheapest.
    """

    values: NDArray[np.float64] | None
    bound: float
    proved: bool


@dataclass(frozen=True, eq=False)
class Program:
    """Minimise `costs @ x` such that `lower <= A @ x <= upper`, for x between 0 and 1.

    Attributes:
        costs: one for each variable.
        integral: which variables are 0 or 1 and nothing between.
        starts, columns, factors: the rows of A one after the other: where each begins, and its entries.
        lower, upper: one for each row of A.
        step: two solutions whose costs differ by less than this cost the same.
    """

    costs: NDArray[np.float64]
    integral: NDArray[np.bool_]
    starts: NDArray[np.int32]
    columns: NDArray[np.int32]
    factors: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    step: float = 1e-6

    def solve(self, seconds: float, begin: NDArray[np.float64] | None = None) -> Outcome:
        """The best solution found in the time given, beginning with one that is known, if any.

        Raises:
            UsageError: HiGHS is not installed.
        """
        require_solver()
        import highspy  # noqa: PLC0415 - optional, and 0.1 s to import

        solver = highspy.Highs()
        options: dict[str, bool | float | str] = {
            "output_flag": False,
            "time_limit": max(0.0, seconds),
            "random_seed": 0,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": self.step * 0.999,
            "mip_lp_solver": "ipm",  # covers are so degenerate that the simplex method walks long
        }
        for name, value in options.items():
            solver.setOptionValue(name, value)
        variables = len(self.costs)
        solver.passModel(
            variables,
            len(self.lower),
            len(self.columns),
            int(highspy.MatrixFormat.kRowwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            self.costs,
            np.zeros(variables),
            np.ones(variables),
            self.lower,
            self.upper,
            self.starts,
            self.columns,
            self.factors,
            self.integral.astype(np.int32),
        )
        if begin is not None:
            solver.setSolution(variables, np.arange(variables, dtype=np.int32), begin)
        _run(solver)
        info = solver.getInfo()
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        return Outcome(
            values=np.array(solver.getSolution().col_value) if found else None,
            bound=float(info.mip_dual_bound),
            proved=solver.getModelStatus() == highspy.HighsModelStatus.kOptimal,
        )


def require_solver() -> None:
    """Raises:
    UsageError: HiGHS is not installed.
    """
    try:
        import highspy  # noqa: F401, PLC0415
    except ImportError as error:
        raise UsageError(
            f"The solver that proves a selection to be the best is not here ({error}).",
            "Install it with: pip install 'envgen[solver]'",
        ) from None


def _run(solver: highspy.Highs) -> None:
    solver.HandleUserInterrupt = True
    solver.startSolve()
    try:
        while not solver.wait(GLANCE)[0]:
            pass
    except BaseException:  # a request of the user: HiGHS stops before Python goes on
        solver.cancelSolve()
        solver.wait()
        raise
