"""A cell at the rung `engine`, on a machine that says it has a GPU; its commands are run by this interpreter."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from envgen.cell import Cell
from envgen.environment import CurrentEnvironment
from envgen.lock import read_configuration
from envgen.machine import Gpu, this_machine
from envgen.results import Rung
from envgen.run.bench import Answer, Bench, passed
from envgen.run.job import Job
from envgen.run.process import Bounds, Interrupt
from envgen.spec.matrix import Build, Extension, Limits, WindowsProgram

LINUX = "py312-torch2.14-cu130-trt11.1-debian12-x86_64"
WINDOWS = "py312-torch2.14-cu130-trt11.1-windows2022-x86_64"
H100 = Gpu("NVIDIA H100", "9.0", 80 << 30)
PROGRAM = WindowsProgram("mine:make", ("static", "dynamic"), {}, 1e-3)

Part = Callable[[Job, Bench, Answer], Answer]


@dataclass
class Stand:
    """Where parts of the rung are tried.

    Attributes:
        python: the interpreter of the cell.
        variables: that the matrix sets in it.
    """

    folder: Path
    python: Path = Path(sys.executable)
    imports: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    seconds: float = 60

    @property
    def kept(self) -> Path:
        return self.folder / "run" / "kept" / "CELL" / "engine"

    @property
    def log(self) -> str:
        return (self.folder / "engine.log").read_text(errors="replace")

    def job(self, cell: str, program: WindowsProgram | None = None, engines: Sequence[Path] = ()) -> Job:
        extension = Extension("mine", self.folder, None, None, (), Build(), self.imports, ())
        return Job(
            cell=Cell.parse(cell), trace=None, lock=None, environment=CurrentEnvironment(self.python),
            extension=replace(extension, windows_program=program), steps=(), variables=self.variables,
            machine=replace(this_machine(), gpus=(H100,), no_gpu=""), configuration=read_configuration(),
            limits=Limits({}), memory=12 << 30, folder=self.folder, builds=self.folder, source="", compile_jobs=1,
            engines=tuple(engines),
        )  # fmt: skip

    def run(self, part: Part, job: Job, before: Answer | None = None) -> Answer:
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        bench = Bench(
            Rung.ENGINE, self.folder / "engine.log", scratch, Bounds(self.seconds, None), Interrupt(), lambda _: None,
            self.kept,
        )  # fmt: skip
        return part(job, bench, before or passed(facts={"check": "done"}))


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)
