"""Finds and loads the libraries that stand beside this package's Python files."""

import sys
from pathlib import Path

import torch

_PATTERNS = {"win32": "{}.dll", "darwin": "lib{}.dylib"}


def path(name: str) -> Path:
    return Path(__file__).with_name(_PATTERNS.get(sys.platform, "lib{}.so").format(name))


def load(name: str) -> None:
    """Load the library of that name, which registers its operators.

    Raises:
        ImportError: the library is missing or does not fit the installed torch; the loader's reason is its cause.
    """
    file = path(name)
    if not file.exists():
        raise ImportError(f"{file.name} was not built: it should stand in {file.parent}")
    try:
        torch.ops.load_library(str(file))
    except OSError as error:
        reason = error.__cause__ or error
        raise ImportError(f"{file.name} does not load in torch {torch.__version__}: {reason}") from error
