"""What applies where matrix.yaml says nothing; the data is in defaults.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from envgen.results import LADDER, Rung
from envgen.spec.quantity import parse_duration


@dataclass(frozen=True)
class Defaults:
    """What applies to every cell.

    Attributes:
        timeouts: seconds by rung.
        costs: minutes and gigabytes of a cell without CUDA, and of one with it.
    """

    timeouts: Mapping[Rung, float]
    costs: tuple[tuple[float, float], tuple[float, float]]


def load_defaults() -> Defaults:
    data: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("defaults.yaml").read_text(encoding="utf-8"))
    seconds = {rung: parse_duration(text) for rung, text in data["timeouts"].items()}
    cpu, cuda = (data["costs"][kind] for kind in ("cpu", "cuda"))
    costs = ((cpu["minutes"], cpu["gigabytes"]), (cuda["minutes"], cuda["gigabytes"]))
    return Defaults({rung: seconds.get(rung, seconds["default"]) for rung in LADDER}, costs)
