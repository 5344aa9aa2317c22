"""An image built from the cell's own Dockerfile; each command runs in a container of it."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from envgen.cell import Cell, OsFamily
from envgen.command import Command
from envgen.container.engine import PLATFORMS, Engine, NoEngine
from envgen.container.run import COPIES, WORK
from envgen.environment.access import BuildAccess
from envgen.environment.blueprint import Blueprint
from envgen.environment.protocol import Recipe, Unavailable
from envgen.probe import scripts

PROJECT = "dev.envgen.project"  # the label that says for whose folder an image was made
EXTENSION = PurePosixPath("/opt/extension")  # where the Dockerfile has what was built
FACTS, KEEP, ENGINES = "ENVGEN_FACTS", "ENVGEN_KEEP", "ENVGEN_ENGINES"
GIVEN = "engines"  # the folder of files for a command, in the one that it runs in


@dataclass(frozen=True)
class DockerEnvironment:
    """The images of a cell: one with its dependencies, which builds, and the one that runs.

    Attributes:
        engine: the engine, or why there is none.
        blueprint: what is built, or why the cell has no Dockerfile.
        home: the cell's folder.
        memory: bytes that a container may use.
        max_jobs: compilers at a time.
    """

    cell: Cell
    engine: Engine | NoEngine
    blueprint: Blueprint | str
    home: Path
    memory: int
    max_jobs: int
    access: BuildAccess = field(default_factory=BuildAccess)

    @property
    def kind(self) -> str:
        return "docker"

    @property
    def uses_lock(self) -> bool:
        return True

    @property
    def _context(self) -> Path:
        return self.home / "context"

    @property
    def _site(self) -> Path:
        return self.home / "site"

    @property
    def _dependencies(self) -> Path:
        """Holds the id of the image with the dependencies, once there is one."""
        return self.home / self.kind / "dependencies.id"

    @property
    def _runtime(self) -> Path:
        return self.home / self.kind / "runtime.id"

    @property
    def recipe(self) -> Recipe:
        if isinstance(self.blueprint, str):
            return Recipe(self.home / "source", device_code=False, archs=())
        source = self._context / self.blueprint.source if self.blueprint.source else self.home / "source"
        return Recipe(source, self.blueprint.device_code, self.blueprint.cuda_archs)

    def exists(self) -> bool:
        made = [file for file in (self._dependencies, self._runtime) if file.is_file()]
        if self._dependencies not in made or isinstance(self.engine, NoEngine):
            return False
        return all(self.engine.image(_read(file)) for file in made)

    def disk_bytes(self) -> int:
        if isinstance(self.engine, NoEngine) or not self._latest.is_file():
            return 0
        found = self.engine.image(_read(self._latest))
        return int(found["Size"]) if found else 0

    def prepare(self) -> None:
        _, blueprint = self._require()
        self._dependencies.parent.mkdir(parents=True, exist_ok=True)
        blueprint.write(self._context)
        if blueprint.local_files:
            blueprint.write_site(self._site)

    def creation(self) -> tuple[Command, ...]:
        engine, blueprint = self._require()
        tag = f"{self._repository}/dependencies:{self.cell}"
        build = self._build(engine, blueprint, "dependencies", self._dependencies, "--tag", tag)
        return *self._base(engine, blueprint), build, self._prune(engine)

    def building(self, out: Path, facts: Path) -> tuple[Command, ...]:
        engine, blueprint = self._require()
        tag = f"{self._repository}:{self.cell}"
        build = self._build(engine, blueprint, "runtime", self._runtime, "--tag", tag)
        taken = (str(self._runtime), tag, str(EXTENSION), str(out), str(facts))
        return build, self._prune(engine), self._own(engine, "envgen.container.extract", *taken)

    def proving(self, id_file: Path, answer: Path) -> tuple[Command, ...]:
        """The commands that build the image from its `basis` alone, tell its files, and remove it again.

        Raises:
            Unavailable: it is not to be had here.
        """
        engine, blueprint = self._require()
        build = self._build(engine, blueprint, "runtime", id_file, "--no-cache")
        told = self._own(engine, "envgen.container.tree", str(id_file), str(answer))
        return build, told, self._prune(engine)

    def basis(self) -> tuple[Command, ...]:
        """The commands that make what is built from: the base image, with the lock's local files if there are any.

        Raises:
            Unavailable: it is not to be had here.
        """
        return self._base(*self._require())

    def _require(self) -> tuple[Engine, Blueprint]:
        if self.cell.os.family is not OsFamily.LINUX:
            raise Unavailable(f"{self.cell.os} is no Linux, and its cells do not run in containers here")
        if isinstance(self.engine, NoEngine):
            raise Unavailable(self.engine.reason)
        if not self.engine.runs(self.cell.arch):
            raise Unavailable(
                f"needs {self.cell.arch}; {self.engine.name} here is on {self.engine.arch}, without emulation of it"
            )
        if isinstance(self.blueprint, str):
            raise Unavailable(self.blueprint)
        return self.engine, self.blueprint

    @property
    def _repository(self) -> str:
        """What the project's images are called: no other project's may take their names."""
        return f"envgen-{hashlib.sha256(os.fsencode(self.home.parent)).hexdigest()[:12]}"

    @property
    def _site_image(self) -> str:
        """The base image with the lock's local files; builds name it."""
        return f"{self._repository}/site:{self.cell}"

    def _base(self, engine: Engine, blueprint: Blueprint) -> tuple[Command, ...]:
        """What makes the image with the lock's local files; nothing where it has none."""
        if not blueprint.local_files:
            return ()
        base = ("--build-arg", f"BASE_IMAGE={blueprint.base_image}", "--tag", self._site_image, str(self._site))
        return (self._built(engine, *base),)

    def _build(self, engine: Engine, blueprint: Blueprint, target: str, id_file: Path, *options: str) -> Command:
        base = self._site_image if blueprint.local_files else blueprint.base_image
        return self._built(
            engine, "--target", target, "--iidfile", str(id_file), *options,
            "--build-arg", f"BASE_IMAGE={base}", "--build-arg", f"RUNTIME_IMAGE={blueprint.runtime_image}",
            "--build-arg", f"MAX_JOBS={self.max_jobs}",
            "--file", str(self._context / blueprint.dockerfile), *self.access.arguments, str(self._context),
        )  # fmt: skip

    def _built(self, engine: Engine, *arguments: str) -> Command:
        labels = ("--label", f"{PROJECT}={self.home}")
        platform = ("--platform", PLATFORMS[self.cell.arch]) if self.cell.arch is not engine.arch else ()
        argv = (str(engine.program), "build", *labels, *platform, "--progress", "plain", *arguments)
        return self._own(engine, "envgen.container.build", *argv)

    def _prune(self, engine: Engine) -> Command:
        """Removes what an earlier build left without a name."""
        argv = (str(engine.program), "image", "prune", "--force", "--filter", f"label={PROJECT}={self.home}")
        return self._own(engine, "envgen.container.prune", *argv)

    def _own(self, engine: Engine, module: str, *arguments: str) -> Command:
        # -P: what lies in the folder where it runs is no part of envgen
        variables = {**engine.variables, **self.access.variables, "PYTHONPATH": None}
        return Command((sys.executable, "-P", "-m", module, *arguments), self.home, variables)

    def site_packages(self) -> Path | None:
        return None

    def inside(self, path: Path) -> str:
        if path == self.home / "artifact":
            return str(EXTENSION)
        if path.parent.name == GIVEN:
            return str(COPIES / GIVEN / path.name)
        return str((COPIES if path in scripts() else WORK) / path.name)

    @property
    def _latest(self) -> Path:
        """The image that the extension is in, or as long as there is none, the one to build it in."""
        return self._runtime if self._runtime.is_file() else self._dependencies

    def command(self, argv: tuple[str, ...], cwd: Path, variables: Mapping[str, str | None]) -> Command:
        engine, _ = self._require()
        options = (*self._limits(engine), *carried(cwd, variables))
        return self._own(engine, "envgen.container.run", *options, _read(self._latest), "--", *argv)

    def _limits(self, engine: Engine) -> Iterator[str]:
        yield from ("--memory", str(self.memory))
        if self.cell.arch is not engine.arch:
            yield from ("--platform", PLATFORMS[self.cell.arch])
        if not engine.no_gpu and not self.cell.cuda.is_cpu:
            yield "--gpus"


def carried(cwd: Path, variables: Mapping[str, str | None]) -> Iterator[str]:
    """What a container is told, and which files go into it and come back: options of envgen.container.run."""
    for file in scripts():
        yield from ("--put", str(file))
    for name, value in variables.items():
        if value is not None:
            yield from ("--set", f"{name}={value}")
    if facts := variables.get(FACTS):
        yield from ("--bring", facts, str(cwd / PurePosixPath(facts).name))
    if keep := variables.get(KEEP):
        yield from ("--keep", keep, str(cwd / PurePosixPath(keep).name))
    if variables.get(ENGINES):
        for file in sorted((cwd / GIVEN).glob("*")):
            yield from ("--put-as", str(file), f"{GIVEN}/{file.name}")


def _read(id_file: Path) -> str:
    return id_file.read_text(encoding="utf-8").strip()
