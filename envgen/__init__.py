"""Renders, builds and runs a matrix of PyTorch environments, and reports what loads and runs."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("envgen")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
