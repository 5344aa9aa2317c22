"""What comes with `pip install 'envgen[conda]'`: the solver, and the models of conda-lock."""

from __future__ import annotations

import atexit
import importlib
import time
from types import ModuleType

from envgen.errors import EnvgenError

SETTLING = 0.1  # seconds; the solver's threads may crash an interpreter that ends right after a solve


class MissingExtraError(EnvgenError):
    """An optional part of envgen is asked for, and not installed."""


def part(module: str) -> ModuleType:
    """A module of the extra `conda`, imported when it is first needed: `rattler`, `conda_lock.lockfile`.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != module.partition(".")[0]:
            raise
        raise MissingExtraError(
            f"Conda environments need {module.partition('.')[0].replace('_', '-')}, which is not installed.",
            "Install it with: pip install 'envgen[conda]'",
        ) from None


def settle_at_exit() -> None:
    """Lets the solver's threads come to rest before the interpreter ends."""
    atexit.unregister(_settle)
    atexit.register(_settle)


def _settle() -> None:
    time.sleep(SETTLING)
