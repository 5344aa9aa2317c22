"""Build in one cell, load and check in every other of the same system: what happened, beside what was predicted."""

from envgen.crossload.artifact import untagged
from envgen.crossload.carry_out import carry_out
from envgen.crossload.column import CrossLoadOptions, Foresee, Listener
from envgen.crossload.forecast import Forecast
from envgen.crossload.ledger import Ledger, load_crossload
from envgen.crossload.plan import Built, Pair, pairs_in
from envgen.crossload.record import WHOLE, Arm, Column, Crossing, CrossLoad, Foreseen, merged

__all__ = [
    "WHOLE", "Arm", "Built", "Column", "CrossLoad", "CrossLoadOptions", "Crossing", "Forecast", "Foresee", "Foreseen",
    "Ledger", "Listener", "Pair", "carry_out", "load_crossload", "merged", "pairs_in", "untagged",
]  # fmt: skip
