"""What the files of every cell say of it, whichever system it is of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from envgen import __version__
from envgen.cell import Arch, Cell, GrammarError, OsFamily
from envgen.errors import EnvgenError
from envgen.lock import ENVIRONMENTS
from envgen.render.templates import render_template
from envgen.results import Rung
from envgen.source import CACHES, OUTPUTS
from envgen.spec.matrix import Extension

_SHOWN = re.compile(r"torch|torch-tensorrt|tensorrt|tensorrt-(lean|dispatch)(-cu\d+-libs)?")
_IMPORT = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"


def ignore_list(locks: tuple[str, ...], source: PurePosixPath | None, matrix_name: str) -> str:
    """What is not in the build context: all but the extension's source and locks.

    Args:
        locks: their paths below the context.
        source: the extension's folder; None when it comes from the index.
    """
    return render_template(
        "dockerignore.j2",
        envgen=__version__,
        matrix=matrix_name,
        caches=CACHES,
        outputs=OUTPUTS,
        locks=locks,
        source=str(source) if source else None,
    )


def image_tag(cell: Cell, extension: Extension | None) -> str:
    """What its image is called unless somebody says otherwise: `my-extension:CELL`.

    By what is imported, which the matrix says: two projects' images lie beside each other on one engine, and a clone's
    folder has no say in files that are the same everywhere.
    """
    module = extension.imports[0].partition(".")[0] if extension else ""
    return f"{re.sub('[^a-z0-9]+', '-', module.lower()).strip('-') or 'envgen'}:{cell}"


def platform(cell: Cell) -> str:
    """As Docker names it."""
    system = "windows" if cell.os.family is OsFamily.WINDOWS else "linux"
    return f"{system}/{'arm64' if cell.arch is Arch.AARCH64 else 'amd64'}"


def packaged_version(extension: Extension | None) -> str:
    """Of the packaged software, where the matrix says it."""
    return extension.source.partition("==")[2] if extension and extension.source else ""


def cell_folder(cell: Cell) -> str:
    """The folder of a cell's files, relative to the matrix.

    Raises:
        EnvgenError: the cell's values make no id, which is the folder's name.
    """
    try:
        canonical = Cell.parse(str(cell)) == cell
    except GrammarError:
        canonical = False
    if not canonical:
        raise EnvgenError(f"{str(cell)!r} is not a cell id.", "Correct the axis values in matrix.yaml.")
    return f"{ENVIRONMENTS}/{cell}"


def described(cell: Cell, versions: Mapping[str, str]) -> str:
    """What is in an image, in a line."""
    shown = sorted(filter(_SHOWN.fullmatch, versions), key=lambda name: (not name.startswith("torch"), name))
    packages = [f"{name} {versions[name]}" for name in shown]
    cuda = "CPU" if cell.cuda.is_cpu else f"CUDA {cell.cuda.dotted}"
    return ", ".join([f"Python {cell.python}", *packages, cuda])


def default_command(extension: Extension | None) -> tuple[str, ...]:
    """What the image runs by default: the CPU check, or at least the imports."""
    if extension is None:
        return ("python", "-c", _IMPORT, "torch")
    check = extension.check(Rung.CPU)
    return check.run if check else ("python", "-c", _IMPORT, *extension.imports)
