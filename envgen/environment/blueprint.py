"""What a cell's image is built from: the files that `envgen render` writes for it, and the lock's own local files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from urllib.request import url2pathname

from envgen.cell import Cell, Os, SmArch
from envgen.compat.facts import Facts
from envgen.files import write_atomically
from envgen.lock import Lock
from envgen.render.cell_files import cell_inputs
from envgen.render.dockerfile import environment_files
from envgen.render.files import Generated, write
from envgen.render.images import matrix_images
from envgen.spec.matrix import Matrix

SITE = "site"  # the folder of the lock's local files, as a build context of its own
SITE_DOCKERFILE = """\
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
COPY files/ /
"""


@dataclass(frozen=True)
class Blueprint:
    """The Dockerfile of a cell with all it reads, apart from the extension's source.

    Attributes:
        source: the folder of the extension's source in the context; None when it comes from the index.
        local_files: files of this machine that the lock names; a build finds them in its base image.
    """

    files: tuple[Generated, ...]
    base_image: str
    runtime_image: str
    source: PurePosixPath | None
    device_code: bool
    cuda_archs: tuple[SmArch, ...]
    local_files: tuple[Path, ...]

    @classmethod
    def of(cls, cell: Cell, lock: Lock, matrix: Matrix, facts: Facts, bases: Mapping[Os, str]) -> Blueprint:
        """Of a Linux cell.

        Args:
            bases: images that take the place of the known ones.

        Raises:
            EnvgenError: no image is known for it, or a value of the matrix cannot stand in a Dockerfile.
        """
        inputs = cell_inputs(cell, lock, matrix, facts, matrix_images(matrix).linux)
        files = environment_files(inputs, lock.path.read_text(encoding="utf-8"))
        base = bases.get(cell.os)
        return cls(
            files=files,
            base_image=base or inputs.base_image,
            runtime_image=base or inputs.runtime_image,
            source=inputs.source,
            device_code=inputs.device_code,
            cuda_archs=inputs.cuda_archs,
            local_files=tuple(Path(url2pathname(urlsplit(place).path)) for place in lock.local_places),
        )

    @property
    def dockerfile(self) -> Path:
        return next(file.path for file in self.files if file.path.name == "Dockerfile")

    def write(self, context: Path) -> None:
        """Puts all but the source in place."""
        context.mkdir(parents=True, exist_ok=True)
        write(self.files, context)

    def write_site(self, folder: Path) -> None:
        """A context whose image is the base image with the lock's local files, at the paths that the lock names.

        Raises:
            OSError: one of them is gone.
        """
        shutil.rmtree(folder, ignore_errors=True)
        write_atomically(folder / "Dockerfile", SITE_DOCKERFILE)
        for file in self.local_files:
            copy = folder / "files" / file.relative_to(file.anchor)
            copy.parent.mkdir(parents=True, exist_ok=True)
            for parent in file.parents[:-1]:  # COPY gives a folder that is there already, such as /tmp, these rights
                shutil.copymode(parent, folder / "files" / parent.relative_to(file.anchor))
            try:
                os.link(file, copy)
            except OSError:  # another file system, or none that links
                shutil.copy2(file, copy)
