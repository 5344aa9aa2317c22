"""TensorRT: its parts are of one release, and load."""

from __future__ import annotations

from collections.abc import Iterator

from envgen.compat.facts import Facts
from envgen.doctor.checks.words import cause_of, explained
from envgen.doctor.finding import Check, Finding, Severity
from envgen.doctor.observed import Observed
from envgen.inspection.tensorrt import disagreements


def _parts(observed: Observed, _: Facts) -> Iterator[Finding]:
    seen = observed.tensorrt
    # That the libraries are not there at all is another check's; in a vendor's container they are the system's.
    if seen is None or seen.version is None:
        return
    wrong = next(disagreements(seen, None), None)
    if wrong is None:
        return
    told = wrong.diagnoses or explained(observed, wrong.sentence)
    yield Finding(
        Severity.ERROR,
        f"{wrong.sentence[:1].upper()}{wrong.sentence[1:].rstrip('.')}.",
        where=tuple(str(library["file"]) for library in seen.libraries)[:1],
        remedy=told[0].fix if told else "Install TensorRT, its Python module and torch-tensorrt from one lock.",
        cause=cause_of(told[0]) if told else None,
        evidence={name: str(step["said"]) for name, step in seen.steps.items() if step["said"]},
    )


CHECKS = (Check("tensorrt", "Are TensorRT's parts of one release, and do they load?", _parts),)
