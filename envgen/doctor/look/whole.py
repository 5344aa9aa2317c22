"""Everything about one environment, gathered once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from envgen.doctor.look import libraries
from envgen.doctor.look.extension import file, module
from envgen.doctor.look.files import check_files
from envgen.doctor.look.interpreter import imported, interpreter
from envgen.doctor.look.packages import (
    development_files,
    entries,
    hollow,
    installed,
    modules_in,
    remains,
    torches,
    version_cuda,
)
from envgen.doctor.look.project import project
from envgen.doctor.look.system import system
from envgen.doctor.look.tensorrt import tensorrt
from envgen.doctor.look.tools import runtime_path, tools
from envgen.doctor.observed import Distribution, FilesCheck, Libraries, Observed, Tools
from envgen.doctor.place import Place
from envgen.doctor.said import Imported, Interpreter


@dataclass(frozen=True)
class Request:
    """How to look.

    Attributes:
        cwd: the folder of the user's project.
        modules: names of extensions to be imported after torch.
        binaries: files of extensions to be loaded after it.
        thorough: whether to compare hashes of installed files.
        seconds: time limit of importing torch and the modules.
    """

    cwd: Path
    modules: tuple[str, ...] = ()
    binaries: tuple[Path, ...] = ()
    thorough: bool = False
    seconds: float = 300.0


def look(place: Place, request: Request) -> Observed:
    """The facts of an environment.

    Raises:
        UsageError: its interpreter does not run.
    """
    python, hampered = interpreter(place)
    folders = entries(python.path, request.cwd)
    found = installed(folders)
    places = torches(folders)
    outcome = imported(place, (), request.seconds) if places else Imported()
    building = outcome.step("building")
    used = tools(place, python, building.cuda_home if building else None)
    torch = next((path for path in places if path.is_dir()), None)
    return Observed(
        interpreter=python,
        variables=place.variables,
        system=system(place, python, torch),
        tools=used,
        project=project(request.cwd),
        hampered=hampered,
        distributions=found,
        torches=places,
        user_site_torch=Path(python.user_site, "torch", "__init__.py").is_file(),
        hollow=hollow(folders),
        path_modules=_path_modules(place, request.cwd),
        version_cuda=version_cuda(torch) if torch else None,
        imported=outcome,
        files=_files(found, thorough=request.thorough),
        libraries=_libraries(place, python, folders, outcome, used),
        remains=remains(folders),
        development_files=development_files(folders),
        extensions=(
            *(module(place, name, folders, request.seconds) for name in request.modules),
            *(file(place, path.absolute(), request.seconds) for path in request.binaries),
        ),
        tensorrt=tensorrt(place, found, request.seconds) if outcome.torch else None,
    )


def _path_modules(place: Place, cwd: Path) -> dict[Path, frozenset[str]]:
    entries_ = place.variables.get("PYTHONPATH", "").split(os.pathsep) if place.variables.get("PYTHONPATH") else []
    return {Path(entry or cwd): frozenset(modules_in(Path(entry or cwd))) for entry in entries_}


def _files(found: Sequence[Distribution], *, thorough: bool) -> tuple[FilesCheck, ...]:
    """The files of torch and of what is made for it; of several with one name, the first on the path."""
    first: dict[str, Distribution] = {}
    for distribution in found:
        first.setdefault(distribution.name, distribution)
    return check_files((each for name, each in first.items() if _is_near_torch(name)), thorough=thorough)


def _is_near_torch(name: str) -> bool:
    return name in ("torch", "triton", "pytorch-triton") or name.startswith(
        ("torch-", "torchvision", "torchaudio", "nvidia-", "tensorrt")
    )


def _libraries(place: Place, python: Interpreter, folders: Sequence[Path], outcome: Imported, used: Tools) -> Libraries:
    compiler_runtime = runtime_path(place, used.cxx)
    return Libraries(
        folders=libraries.folders(place.variables),
        brought=libraries.brought(folders),
        process_runtime=libraries.runtime_in(outcome.libraries),
        compiler_runtime=libraries.runtime_of(compiler_runtime) if compiler_runtime else None,
        openmp=libraries.openmp(folders, Path(python.prefix)),
    )
