"""A binary, with what the rules ask of it worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from packaging.version import Version

from envgen.binary import Binary
from envgen.binary.cuda import CudaFacts, cuda_facts
from envgen.binary.python import PythonFacts, python_facts
from envgen.binary.torch import TorchFacts, torch_facts
from envgen.cell import PythonVersion


@dataclass(frozen=True, eq=False)
class Subject:
    """What is judged.

    Attributes:
        beside: names of the libraries that come with it.
        provided: names that those define.
        built_with: the torch release it was compiled against; None when nobody knows.
    """

    binary: Binary
    beside: frozenset[str] = frozenset()
    provided: frozenset[str] = frozenset()
    built_with: Version | None = None

    @cached_property
    def file(self) -> str:
        return PurePosixPath(self.binary.file).name

    @cached_property
    def torch(self) -> TorchFacts | None:
        return torch_facts(self.binary)

    @cached_property
    def python(self) -> PythonFacts | None:
        return python_facts(self.binary)

    @cached_property
    def cuda(self) -> CudaFacts | None:
        return cuda_facts(self.binary)

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """The libraries that others must have, by their names alone."""
        names = (PurePosixPath(name).name for name in self.binary.needed)
        return tuple(name for name in names if name not in self.beside)

    @cached_property
    def torch_names(self) -> tuple[str, ...]:
        """What torch must define for it, sorted."""
        return self._required(self.torch.imports if self.torch else ())

    @cached_property
    def python_names(self) -> tuple[str, ...]:
        """What the interpreter must define for it, sorted."""
        return self._required(self.python.imports if self.python else ())

    @property
    def stable(self) -> bool:
        """Whether it keeps to torch's stable ABI: it takes nothing of torch's but the C shim."""
        return self.torch is not None and self.torch.stable

    @property
    def is_module(self) -> bool:
        """Whether Python imports it, rather than torch loading it by its path."""
        return self.python is not None and self.python.is_module

    @property
    def for_python(self) -> PythonVersion | None:
        """The one Python that it says it is for."""
        return self.python.version if self.python else None

    def _required(self, names: tuple[str, ...]) -> tuple[str, ...]:
        others = self.binary.weak_imports | self.provided
        return tuple(name for name in names if name not in others)
