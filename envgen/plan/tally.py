"""What the expansion of a matrix rejected: how many combinations, by which rule, and with which values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from envgen.compat.rules import RULES
from envgen.compat.verdict import Verdict

Value = tuple[str, str]  # an axis, and a value of it as text


@dataclass
class Tally:
    """Counts of rejected combinations; each counts for the first rule that rejects it.

    Attributes:
        rules: rule id to their number.
        by_value: the same for the combinations with a value; only where the rule was asked with that value at hand.
        examples: a verdict of a rule on a combination with a value, or on any.
        used: the values that an accepted combination has.
    """

    rules: Counter[str] = field(default_factory=Counter)
    by_value: dict[Value, Counter[str]] = field(default_factory=dict)
    examples: dict[tuple[Value | None, str], Verdict] = field(default_factory=dict)
    used: set[Value] = field(default_factory=set)

    def reject(self, verdict: Verdict, cells: int) -> None:
        """Counts the combinations that a rule rejected; the verdict on the first of them stands for all."""
        self.rules[verdict.rule] += cells
        self.examples.setdefault((None, verdict.rule), verdict)

    def reject_with(self, value: Value, verdict: Verdict, cells: int) -> None:
        """Counts those of them with a value."""
        self.by_value.setdefault(value, Counter())[verdict.rule] += cells
        self.examples.setdefault((value, verdict.rule), verdict)

    def why_unused(self, value: Value) -> Verdict:
        """The verdict that stands for why no cell has a value: of the rule that rejected most of its combinations."""
        counts = self.by_value.get(value)
        if counts:
            return self.examples[value, counts.most_common(1)[0][0]]
        return self.most

    @property
    def most(self) -> Verdict:
        """A verdict of the rule that rejected most."""
        return self.examples[None, self.rules.most_common(1)[0][0]]

    @property
    def rejected(self) -> Mapping[str, int]:
        """Rule id to the number of combinations it rejected, in the order of the rules."""
        return {rule.id: self.rules[rule.id] for rule in RULES if self.rules[rule.id]}
