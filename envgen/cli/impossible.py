"""`envgen plan --impossible`: which values never meet, and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from rich.markup import escape

from envgen.cli.console import output
from envgen.compat.words import counted
from envgen.plan.impossible import Impossible


def show_impossible(found: Sequence[Impossible], *, as_json: bool) -> None:
    """Prints every pair with its reasons, and how often each set of reasons occurs."""
    if as_json:
        print(json.dumps([{"pair": dict(each.pair), "reasons": list(each.reasons)} for each in found], indent=2))
        return
    console = output()
    for each in found:
        values = " with ".join(f"{axis} {value}" for axis, value in each.pair)
        console.print(f"{values:<44} [dim]{escape(' + '.join(each.reasons))}[/]", highlight=False, soft_wrap=True)
    if found:
        console.print()
    console.print(f"{counted(len(found), 'pair')} of values that no cell has, by the fewest rules:", highlight=False)
    for reasons, count in Counter(each.reasons for each in found).most_common():
        console.print(escape(f"{count:>6}  {' + '.join(reasons)}"), highlight=False, soft_wrap=True)
    console.print(
        "`envgen why --not-in-matrix AXIS=VALUE --not-in-matrix AXIS=VALUE` gives the sentences and sources.",
        style="dim",
        highlight=False,
    )
