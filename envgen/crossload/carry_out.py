"""A whole cross-load: cells side by side, none of which another envgen may change meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from envgen.crossload.column import ColumnFiller, CrossLoadOptions, Foresee, Listener
from envgen.crossload.ledger import Ledger
from envgen.crossload.plan import Built, pairs_in
from envgen.run.execute import side_by_side
from envgen.run.folders import held
from envgen.run.process import Interrupt


def carry_out(
    cells: Sequence[Built], ledger: Ledger, foresee: Foresee, listener: Listener, options: CrossLoadOptions
) -> None:
    """Loads what each cell built in every cell of the same system, and records it.

    Raises:
        KeyboardInterrupt: the user asked to stop; what was finished is recorded.
    """
    interrupt = Interrupt()

    def fill(loaded: Built) -> None:
        ColumnFiller(loaded, ledger, foresee, listener, options, interrupt).fill(pairs_in(loaded, cells))

    with _held(cells, interrupt, listener):
        side_by_side(fill, cells, options.parallel, interrupt)


@contextmanager
def _held(cells: Sequence[Built], interrupt: Interrupt, listener: Listener) -> Iterator[None]:
    """Keeps others from making the cells anew; in one order always, so that no two wait for each other."""
    with ExitStack() as stack:
        for cell in sorted(cells, key=lambda cell: cell.id):
            lock = cell.job.folder.parent / f"{cell.id}.lock"
            stack.enter_context(held(lock, interrupt, partial(listener.waits, cell.id)))
        yield
