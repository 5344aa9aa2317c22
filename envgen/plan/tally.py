"""What the expansion of a matrix rejected: how many combinations, by which rule, and with which values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from envgen.compat.rules import RULES
from envgen.compat.verdict import Verdict

Value = tuple[str, str]  # an axis, and a value of it as text
EXAMPLES = 2  # of one rule: with a matrix that has a CPU build too, the first speaks of that alone


@dataclass
class Tally:
    """Counts of rejected combinations; each counts for the first rule that rejects it.

    Attributes:
        rules: rule id to their number.
        by_value: the same for the combinations with a value; only where the rule was asked with that value at hand.
        examples: verdicts of a rule on combinations with a value, or on any: the first few that say different things.
        used: the values that an accepted combination has.
    """

    rules: Counter[str] = field(default_factory=Counter)
    by_value: dict[Value, Counter[str]] = field(default_factory=dict)
    examples: dict[tuple[Value | None, str], list[Verdict]] = field(default_factory=dict)
    used: set[Value] = field(default_factory=set)

    def reject(self, verdict: Verdict, cells: int) -> None:
        """Counts the combinations that a rule rejected; the verdict on the first of them stands for all."""
        self.rules[verdict.rule] += cells
        self._exemplify(None, verdict)

    def reject_with(self, value: Value, verdicts: Sequence[Verdict], cells: int) -> None:
        """Counts those of them with a value; the verdicts are some of the rule's on them, at least one."""
        self.by_value.setdefault(value, Counter())[verdicts[0].rule] += cells
        for verdict in verdicts:
            self._exemplify(value, verdict)

    def why_unused(self, value: Value) -> Sequence[Verdict]:
        """Verdicts that stand for why no cell has a value, all of the rule that rejected most of its combinations."""
        counts = self.by_value.get(value)
        if counts:
            return self.examples[value, counts.most_common(1)[0][0]]
        return [self.most]

    @property
    def most(self) -> Verdict:
        """A verdict of the rule that rejected most."""
        return self.examples[None, self.rules.most_common(1)[0][0]][0]

    @property
    def rejected(self) -> Mapping[str, int]:
        """Rule id to the number of combinations it rejected, in the order of the rules."""
        return {rule.id: self.rules[rule.id] for rule in RULES if self.rules[rule.id]}

    def _exemplify(self, value: Value | None, verdict: Verdict) -> None:
        known = self.examples.setdefault((value, verdict.rule), [])
        if len(known) < EXAMPLES and verdict.sentence not in (each.sentence for each in known):
            known.append(verdict)
