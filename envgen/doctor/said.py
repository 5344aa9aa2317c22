"""What an environment's own interpreter says: of itself, and of how importing torch in it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from envgen.cell import Arch, GrammarError, OsFamily


class _Said(BaseModel):
    """What a probe wrote."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Interpreter(_Said):
    """What an interpreter says of itself; see the probe `interpreter`.

    Attributes:
        path: `sys.path`; an empty entry is the working directory.
        markers: the environment markers of PEP 508.
    """

    executable: str
    version: str
    implementation: str = "CPython"
    free_threaded: bool = False
    bits: int = 64
    machine: str = "x86_64"
    platform: str = "linux"
    libc: tuple[str, ...] = ()
    macos: str = ""
    windows: str = ""
    prefix: str
    base_prefix: str
    path: tuple[str, ...] = ()
    user_site: str = ""
    user_site_enabled: bool = False
    purelib: str = ""
    platlib: str = ""
    include: str = ""
    stdlib: str = ""
    standard_modules: frozenset[str] = frozenset()
    markers: Mapping[str, str] = {}

    @property
    def family(self) -> OsFamily:
        return {"win32": OsFamily.WINDOWS, "darwin": OsFamily.MACOS}.get(self.platform, OsFamily.LINUX)

    @property
    def arch(self) -> Arch | None:
        try:
            return Arch.parse(self.machine)
        except GrammarError:
            return None

    @property
    def is_virtual(self) -> bool:
        return self.prefix != self.base_prefix

    @property
    def short(self) -> str:
        return f"Python {self.version}{' without the global lock' if self.free_threaded else ''}"


class Step(_Said):
    """One step of the probe `import_torch`; of what it can say, each step fills in its own part."""

    step: str
    error: str = ""
    trace: str = ""
    libraries: tuple[str, ...] | None = None
    version: str | None = None
    cuda: str | None = None
    cxx11_abi: bool | None = None
    arch_list: tuple[str, ...] = ()
    file: str | None = None
    cuda_home: str | None = None
    available: bool = False


@dataclass(frozen=True)
class Imported:
    """How importing torch and using it went, in a process of its own.

    Attributes:
        died: how the process ended before it was through: `killed by SIGSEGV while importing torch`.
        said: the end of what it printed.
    """

    steps: tuple[Step, ...] = ()
    died: str = ""
    said: str = ""

    def step(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.step == name), None)

    @property
    def torch(self) -> Step | None:
        """The step that imported torch, when it went well."""
        step = self.step("torch")
        return step if step and not step.error else None

    @property
    def libraries(self) -> tuple[Path, ...]:
        """The shared libraries that torch brought into the process, or had brought when it failed."""
        step = self.step("torch")
        return tuple(map(Path, step.libraries or ())) if step else ()
