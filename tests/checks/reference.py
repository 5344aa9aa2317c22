"""The parts of the reference extension's checks that need the standard library alone, imported without torch."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = Path(__file__).resolve().parents[2] / "csrc" / "python" / "envgen_reference"


def load(name: str) -> Any:
    """A module of envgen_reference.checks, without the package's own __init__, which loads torch and the operators."""
    if "envgen_reference" not in sys.modules:
        package = ModuleType("envgen_reference")
        package.__path__ = [str(PACKAGE)]
        sys.modules["envgen_reference"] = package
    return importlib.import_module(f"envgen_reference.checks.{name}")
