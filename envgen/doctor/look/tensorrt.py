"""TensorRT, where it is installed and torch can be imported: how far it comes, each step in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence

from envgen.compat.published import installed_tensorrt
from envgen.doctor.look.children import ask
from envgen.doctor.observed import Distribution
from envgen.doctor.place import Place
from envgen.inspection.tensorrt import Seen


def tensorrt(place: Place, distributions: Sequence[Distribution], seconds: float) -> Seen | None:
    """What the probe found; None without TensorRT, and where the probe came to no end."""
    found = installed_tensorrt({each.name: str(each.version) for each in reversed(distributions)})
    if found is None:
        return None
    flavour, _ = found
    answer = ask(place, "import_tensorrt", flavour, seconds=seconds)
    try:
        said = json.loads(answer.facts)
    except ValueError:
        return None
    return Seen.of(flavour, said) if isinstance(said, dict) and "steps" in said else None
