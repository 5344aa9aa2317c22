"""`envgen images`: the digests of the images that Dockerfiles start from."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.markup import escape

from envgen.cli.console import output
from envgen.cli.context import DEFAULT_MATRIX, JsonOption, MatrixOption, read_matrix
from envgen.compat.words import counted
from envgen.errors import UsageError
from envgen.files import write_atomically
from envgen.render.images import IMAGES_LOCK, ImagesLock, unlocked
from envgen.render.needed import needed_images

app = typer.Typer(no_args_is_help=True, help="The images that Dockerfiles start from: pin them by digest.")


@app.callback()
def root() -> None:
    """A group of its own, though there is one command in it so far."""


@app.command("refresh")
def refresh_command(
    matrix: MatrixOption = DEFAULT_MATRIX,
    mirror: Annotated[
        str,
        typer.Option("--mirror", metavar="URL", help="The registry to ask for images whose name has no host."),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Ask the registries for the digests of exactly the images that the cells of the matrix need.

    They are written to `environments/images.lock.json`, from which `envgen render` takes them. No credentials are sent:
    what only some may pull keeps its tag. Where a registry cannot be read, the old digests stay and the exit code is 7.

    Examples: `envgen images refresh`, `envgen images refresh --mirror https://mirror.example.com`
    """
    # What speaks HTTP is imported by who needs it.
    from envgen.refresh.access import configured_access  # noqa: PLC0415
    from envgen.refresh.registry import read_digests  # noqa: PLC0415

    _check_address(mirror)
    spec, facts, planned = read_matrix(matrix)
    path = spec.file.absolute().parent / IMAGES_LOCK
    old = ImagesLock.read(path)
    asked = unlocked(needed_images((entry.cell for entry in planned.cells), spec, facts))
    read = read_digests(asked, configured_access(), datetime.now(UTC).date(), mirror)
    new = old.updated(asked, read.found)
    if new != old:
        write_atomically(path, new.text)
    if as_json:
        _say_json(path, old, new, asked)
    else:
        _say(old, new, asked, unread=frozenset(asked) - read.found.keys())
    for fault in read.faults:
        output(stderr=True).print(f"[red]error:[/] {escape(str(fault))}", highlight=False, soft_wrap=True)
    if read.faults:
        raise typer.Exit(read.faults[0].exit_code)


def _say(old: ImagesLock, new: ImagesLock, asked: tuple[str, ...], unread: frozenset[str]) -> None:
    console = output()
    changed = _changed(old, new)
    for name in changed:
        console.print(f"{name} {new.images[name].digest}", highlight=False, soft_wrap=True)
    kept = len(unread & new.images.keys())
    told = [f"{len(asked) - len(unread)} pinned, {len(changed)} of them changed"] if len(unread) < len(asked) else []
    told += [f"{kept} not read, pinned as before"] if kept else []
    told += [f"{len(unread) - kept} not read, not pinned"] if len(unread) > kept else []
    console.print(f"{counted(len(asked), 'image')}: {'; '.join(told) or 'nothing to pin'}.", highlight=False)


def _say_json(path: Path, old: ImagesLock, new: ImagesLock, asked: tuple[str, ...]) -> None:
    unknown = [name for name in asked if name not in new.images]
    print(json.dumps({"file": str(path), "changed": _changed(old, new), "unknown": unknown}, indent=2))


def _changed(old: ImagesLock, new: ImagesLock) -> list[str]:
    return [name for name in new.images if new.images[name] != old.images.get(name)]


def _check_address(mirror: str) -> None:
    try:
        parts = urlsplit(mirror)
        wrong = bool(mirror) and (parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc)
    except ValueError:
        wrong = True
    if wrong:
        raise UsageError(f"{mirror!r} is not the address of a registry.", "Write it as https://mirror.example.com.")
