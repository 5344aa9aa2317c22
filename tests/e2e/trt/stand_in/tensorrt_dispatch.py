"""Stands in for TensorRT's dispatch runtime: as the full one, without a builder."""

from tensorrt import ILogger, Runtime, TensorIOMode, __version__

__all__ = ["ILogger", "Runtime", "TensorIOMode", "__version__"]
