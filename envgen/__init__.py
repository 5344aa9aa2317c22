"""Renders, builds and runs a matrix of PyTorch environments, and reports what loads and runs."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module 'envgen' has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - takes longer than a quick command

    try:
        return version("envgen")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+unknown"
