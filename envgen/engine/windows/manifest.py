"""The manifest beside a program for Windows: what it is, where it was made, and the hash of every file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from packaging.version import Version
from pydantic import Field, StringConstraints, ValidationError, model_validator

from envgen.results import Record

MANIFEST = "manifest.json"
PROGRAM = "program.ep"
_LARGEST = 1 << 20  # bytes of a manifest
_PIECE = 1 << 20

Word = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
FileName = Annotated[str, StringConstraints(max_length=100, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]
Module = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ManifestError(ValueError):
    """A manifest, or a file that it names, is not what it should be; the text says what, as a part of a sentence."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(what)
        self.file = file


class FileRecord(Record):
    """A file of the program's folder."""

    sha256: Sha256
    size: Annotated[int, Field(ge=0)]

    @classmethod
    def of(cls, path: Path) -> Self:
        """Of a file that is there."""
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            for piece in iter(lambda: stream.read(_PIECE), b""):
                digest.update(piece)
        return cls(sha256=digest.hexdigest(), size=path.stat().st_size)


class Manifest(Record):
    """A program for Windows.

    Attributes:
        form: of the manifest.
        envgen: the release that wrote it.
        cell: the Linux cell it was made in.
        shapes: whether its inputs have one shape, or ranges.
        runs_on: torch-tensorrt's name of the system that it is for, as found in the program itself.
        model: the function that gave the model.
        imports: modules that are imported before it is loaded, for their operators.
        versions: of the packages that made it.
        abi: torch-tensorrt's format of its engines.
        gpu: the compute capability it was made on.
        settings: that it was compiled with.
        tolerance: how far its outputs may be from the recorded ones, as a part of the largest value recorded, or of 1.
        saved_by: torch-tensorrt's own function, or the way round.
        cases: files with inputs and recorded outputs.
        files: everything in the folder but the manifest.
    """

    form: Literal[1] = 1
    envgen: Word
    cell: Word
    shapes: Literal["static", "dynamic"]
    runs_on: Word
    model: Word
    imports: tuple[Module, ...] = ()
    versions: dict[Word, Word]
    abi: int
    gpu: Word
    settings: dict[Word, bool | int | float | Word]
    tolerance: Annotated[float, Field(gt=0, lt=1)]
    saved_by: Word
    cases: Annotated[tuple[FileName, ...], Field(min_length=1, max_length=16)]
    files: dict[FileName, FileRecord]

    @model_validator(mode="after")
    def complete(self) -> Self:
        missing = [name for name in (PROGRAM, *self.cases) if name not in self.files]
        if missing or MANIFEST in self.files:
            raise ValueError(f"it does not list {missing[0]}" if missing else "it lists itself")
        _release(self.versions.get("tensorrt", ""))
        return self


def _release(text: str) -> None:
    """Of TensorRT a library is named by it.

    Raises:
        ValueError: it is none.
    """
    try:
        Version(text)
    except ValueError:
        raise ValueError("`versions` names no release of tensorrt") from None


def read_manifest(path: Path) -> Manifest:
    """A manifest that came from elsewhere.

    Raises:
        ManifestError: it cannot be read, or is none.
    """
    try:
        with path.open("rb") as stream:
            text = stream.read(_LARGEST + 1)
    except OSError as error:
        raise ManifestError(path.name, f"it cannot be read ({error.strerror})") from None
    if len(text) > _LARGEST:
        raise ManifestError(path.name, f"it has more than {_LARGEST} bytes")
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise ManifestError(path.name, _first(error)) from None


def manifest_text(manifest: Manifest) -> str:
    """As it is written: sorted, a line for each thing."""
    return json.dumps(manifest.model_dump(mode="json"), indent=1, sort_keys=True) + "\n"


def whole(manifest: Manifest, folder: Path) -> Iterator[Path]:
    """The files of the program in a folder, each after its hash was found right.

    Raises:
        ManifestError: a file is missing, is no plain file, or another one.
    """
    for name, wanted in manifest.files.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise ManifestError(name, "it is missing, or no plain file")
        if path.stat().st_size != wanted.size:
            raise ManifestError(name, f"it has {path.stat().st_size} bytes, and {wanted.size} were written")
        if FileRecord.of(path) != wanted:
            raise ManifestError(name, "its SHA-256 is another one")
        yield path


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, without the value: that is somebody else's text."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(re.sub(r"[^\w.-]", "?", str(part))[:40] for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said
