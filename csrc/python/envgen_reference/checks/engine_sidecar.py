"""PLAN.json beside a plan: what goes in and what comes out, so that another machine can tell whether it computes right.

An input has only its shape here: its values are those of `network.filling`, which are the same everywhere.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

Shape = Tuple[int, ...]
_FORMAT = 1
_MOST_BYTES = 32 << 20


@dataclass(frozen=True)
class Case:
    """One run.

    Attributes:
        inputs: the shape of each input, by its name.
        outputs: the values of each output, by its name, in C order.
    """

    inputs: Dict[str, Shape]
    outputs: Dict[str, List[float]]


@dataclass(frozen=True)
class Sidecar:
    """What is known of a plan.

    Attributes:
        tensorrt: the release that built it.
        runtime_inside: whether a lean runtime is in it, which full and dispatch runtimes unpack.
        tolerance: how far an output may be off, as a part of the larger of one and its value.
    """

    tensorrt: str
    runtime_inside: bool
    tolerance: float
    cases: Tuple[Case, ...]


class BadSidecar(Exception):  # noqa: N818
    """Why a file is not the sidecar of its plan, in one sentence."""


def path_of(plan: Path) -> Path:
    return plan.with_name(f"{plan.name}.json")


def write(plan: Path, sidecar: Sidecar) -> None:
    record = {"format": _FORMAT, "plan_sha256": _digest(plan), **asdict(sidecar)}
    path_of(plan).write_text(json.dumps(record, indent=1), encoding="utf-8")


def read(plan: Path) -> Optional[Sidecar]:
    """The sidecar of a plan; None where there is none.

    Raises:
        BadSidecar: it cannot be read, or belongs to another plan.
    """
    file = path_of(plan)
    if not file.exists():
        return None
    if file.stat().st_size > _MOST_BYTES:
        raise BadSidecar(f"{file.name} has more than {_MOST_BYTES >> 20} MiB")
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        sidecar = _sidecar(record)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadSidecar(f"{file.name} is not what this check writes beside a plan: {error!r}") from error
    if record.get("plan_sha256") != _digest(plan):
        raise BadSidecar(f"{file.name} was written for another plan than {plan.name}")
    return sidecar


def _sidecar(record: Any) -> Sidecar:
    if record["format"] != _FORMAT:
        raise ValueError(f"format {record['format']}")
    cases = tuple(
        Case(
            {str(name): tuple(int(size) for size in shape) for name, shape in case["inputs"].items()},
            {str(name): [float(value) for value in values] for name, values in case["outputs"].items()},
        )
        for case in record["cases"]
    )
    if not cases or not all(case.outputs for case in cases):
        raise ValueError("it has no outputs to compare with")
    return Sidecar(str(record["tensorrt"]), record["runtime_inside"] is True, float(record["tolerance"]), cases)


def _digest(plan: Path) -> str:
    digest = hashlib.sha256()
    with open(plan, "rb") as content:
        for piece in iter(lambda: content.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()
