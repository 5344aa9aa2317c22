"""A first matrix.yaml for somebody's own extension."""

from __future__ import annotations

from pathlib import Path

from envgen.cell import Cuda
from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.errors import UsageError
from envgen.render.files import Generated
from envgen.render.templates import render_template
from envgen.spec.matrix import Host

SHOWN_PYTHONS = 3


def scaffold(module: str, host: Host, facts: Facts) -> Generated:
    """A matrix over the two newest torch releases, for this machine's system.

    Args:
        module: what is imported, once the extension is built.

    Raises:
        UsageError: this machine's system is not one that a matrix can name.
    """
    if host.os is None:
        raise UsageError(
            "This system is not one that a matrix can name.", "Write matrix.yaml for the systems you serve."
        )
    wheels = facts.torch[max(facts.torch)].wheels.get(Platform.of(host.os.family, host.arch))
    if wheels is None:
        raise UsageError(
            f"There is no torch for {host.os} on {host.arch}.", "Write matrix.yaml for the systems you serve."
        )
    pythons = [python for python in wheels.pythons if not python.free_threaded][:SHOWN_PYTHONS]
    text = render_template(
        "matrix.yaml.j2",
        pythons=list(map(str, pythons)),
        usual_python=str(pythons[min(1, len(pythons) - 1)]),
        cudas=[str(Cuda()), *([] if wheels.cuda.is_cpu else [str(wheels.cuda)])],
        systems=[str(host.os)],
        architectures=[str(host.arch)],
        module=module,
        check=["python", "-c", f"import {module}"],
    )
    return Generated(Path("matrix.yaml"), text)
