"""What a selection covers of its plan, in a sentence."""

from __future__ import annotations

from envgen.plan import Plan, Selection, coverage

SHOWN = 5  # pairs that no chosen cell has


def coverage_words(planned: Plan, chosen: Selection) -> str:
    """How many of the pairs of values that can meet in a cell meet in a chosen one, and some of those that do not."""
    pairs = coverage(planned, chosen.places)
    said = f"Of the whole matrix, {pairs.covered} of {pairs.feasible} pairs of values are covered."
    if not pairs.missing:
        return said
    some = [" with ".join(f"{axis} {value}" for axis, value in pair) for pair in pairs.missing[:SHOWN]]
    rest = (
        f", and {len(pairs.missing) - SHOWN} more (`envgen plan --json` lists them)"
        if len(pairs.missing) > SHOWN
        else ""
    )
    return f"{said} Not covered: {', '.join(some)}{rest}."
