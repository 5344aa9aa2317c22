"""Names in a row, and what messages tell with the facts of the environment that decide between causes."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from envgen.compat.words import counted, listed
from envgen.diagnose.causes import Cause
from envgen.diagnose.facts import Facts as Known
from envgen.diagnose.messages import diagnose_text
from envgen.doctor.observed import Observed
from envgen.results import Diagnosis

SHOWN = 4  # names in a row


def few(names: Iterable[str]) -> str:
    """`a, b and c`; of many the first, and how many there are more."""
    every = list(names)
    more = [counted(len(every) - SHOWN, "other")] if len(every) > SHOWN else []
    return listed([*every[:SHOWN], *more])


def explained(observed: Observed, text: str) -> tuple[Diagnosis, ...]:
    """The causes that a message of this environment tells, the likeliest first; none when no rule knows it."""
    return diagnose_text(text, _known(observed)) if text else ()


def cause_of(diagnosis: Diagnosis) -> Cause | None:
    """The cause that a diagnosis names; None when it says that something is not known."""
    with suppress(ValueError):
        return Cause(diagnosis.cause)
    return None


def _known(observed: Observed) -> Known:
    python, system, torch = observed.interpreter, observed.system, observed.imported.torch
    nvcc = observed.tools.nvcc
    return Known(
        platform=python.family.value,
        python=".".join(python.version.split(".")[:2]),
        torch=str(observed.torch_version or ""),
        cuda=("cpu" if observed.torch_cuda.is_cpu else observed.torch_cuda.dotted) if observed.torch_cuda else "",
        cxx11_abi=torch.cxx11_abi if torch else None,
        glibc=python.libc[1] if python.libc[:1] == ("glibc",) and len(python.libc) > 1 else "",
        nvcc=(str(nvcc.version),) if nvcc and nvcc.version else (),
        driver_cuda=system.driver_cuda.dotted if system.driver_cuda else "",
        gpus=tuple(gpu.compute_capability for gpu in system.gpus),
        loads_torch=True,
    )
