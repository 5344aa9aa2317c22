"""Stands in for TensorRT's lean runtime: as the full one, without a builder."""

from tensorrt import ILogger, Runtime, TensorIOMode, __version__

__all__ = ["ILogger", "Runtime", "TensorIOMode", "__version__"]
