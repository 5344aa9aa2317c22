"""In place of the package that is on NVIDIA's index only: the same names, from the bindings."""

from tensorrt_bindings import *  # noqa: F403
from tensorrt_bindings import __version__  # noqa: F401
