"""A first matrix.yaml for somebody's own extension."""

from __future__ import annotations

from pathlib import Path

from envgen.cell import Cuda, Os
from envgen.compat.facts import Facts
from envgen.compat.records import Platform
from envgen.errors import UsageError
from envgen.render.files import Generated
from envgen.render.templates import render_template
from envgen.spec.matrix import Host
from envgen.spec.selector import HOST

SHOWN_PYTHONS = 3


def scaffold(module: str, host: Host, facts: Facts, *, builds: bool) -> Generated:
    """A matrix over the two newest torch releases, for this machine's system, or for the newest Linux where a matrix
    cannot name this machine's.

    Args:
        module: what is imported, once the extension is built.
        builds: whether the folder has a build backend; without one, build steps are to be written.

    Raises:
        UsageError: there is no torch for this machine's processor.
    """
    system = host.os or _newest_linux(facts)
    wheels = facts.torch[max(facts.torch)].wheels.get(Platform.of(system.family, host.arch))
    if wheels is None:
        raise UsageError(
            f"There is no torch for {system} on {host.arch}.", "Write matrix.yaml for the systems you serve."
        )
    pythons = [python for python in wheels.pythons if not python.free_threaded][:SHOWN_PYTHONS]
    text = render_template(
        "matrix.yaml.j2",
        pythons=list(map(str, pythons)),
        usual_python=str(pythons[min(1, len(pythons) - 1)]),
        cudas=sorted({str(Cuda()), str(wheels.cuda or Cuda())}),
        systems=[str(system)],
        selected_system=HOST if host.os else str(system),
        architectures=[str(host.arch)],
        module=module,
        builds=builds,
        check=["python", "-c", f"import {module}"],
    )
    return Generated(Path("matrix.yaml"), text)


def _newest_linux(facts: Facts) -> Os:
    glibcs = {system: fact.glibc for system, fact in facts.systems.items() if fact.glibc}
    return max(glibcs, key=lambda system: (glibcs[system], str(system)))
