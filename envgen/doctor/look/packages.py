"""Installed packages, and every `torch` that the path leads to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from glob import escape
from importlib.metadata import Distribution as Metadata
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from envgen.doctor.observed import Distribution

VERSION_FILE_BYTES = 100_000


def entries(path: Sequence[str], cwd: Path) -> tuple[Path, ...]:
    """The folders of `sys.path` that are there, each once; an empty entry is the working directory."""
    folders = [Path(entry) if entry else cwd for entry in path]
    # Of several names for one folder (lib64 is often a link to lib) the first counts.
    return tuple({folder.resolve(): folder for folder in reversed(folders) if folder.is_dir()}.values())[::-1]


def installed(folders: Sequence[Path]) -> tuple[Distribution, ...]:
    """Every installed package, in the order of the path; one that is hidden by another too."""
    return tuple(found for folder in folders for found in _in_folder(folder))


def torches(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Every `torch` in the order of the path: packages, modules and libraries of that name."""
    return places_of("torch", folders)


def places_of(name: str, folders: Sequence[Path]) -> tuple[Path, ...]:
    """Where the path leads to a module of a name, in its order; the first is imported."""
    return tuple(place.absolute() for folder in folders if (place := _module(folder, name)))


def hollow(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Folders named torch that hold no package, which Python takes for one where it finds no other."""
    places = (folder / "torch" for folder in folders)
    return tuple(place for place in places if place.is_dir() and not (place / "__init__.py").is_file())


def modules_in(folder: Path) -> dict[str, Path]:
    """The modules and packages that lie in a folder."""
    found: dict[str, Path] = {}
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if path.suffix == ".py" and path.stem.isidentifier():
                found[path.stem] = path
            elif path.name.isidentifier() and (path / "__init__.py").is_file():
                found[path.name] = path
            elif path.suffix in (".so", ".pyd") and (name := path.name.split(".")[0]).isidentifier():
                found[name] = path
    return found


def version_cuda(torch: Path) -> str | None:
    """The CUDA that `torch/version.py` names, `cpu` for none; None when it does not say."""
    try:
        with (torch / "version.py").open(encoding="utf-8", errors="replace") as file:
            text = file.read(VERSION_FILE_BYTES)
    except OSError:
        return None
    match = re.search(r"^cuda\s*(?::[^=]+)?=\s*(None|['\"]([\d.]+)['\"])", text, re.MULTILINE)
    return (match[2] or "cpu") if match else None


def remains(folders: Sequence[Path]) -> tuple[Path, ...]:
    """What an interrupted pip leaves: folders whose first letter became a tilde."""
    return tuple(path for folder in folders for path in sorted(folder.glob("~*")) if path.is_dir())


def development_files(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Files by which a development install of torch gets onto the path."""
    patterns = ("__editable__*torch*", "torch.egg-link", "torch.pth", "easy-install.pth")
    return tuple(path for folder in folders for pattern in patterns for path in sorted(folder.glob(pattern)))


def _in_folder(folder: Path) -> Iterator[Distribution]:
    for metadata in distributions(path=[str(folder)]):
        info = getattr(metadata, "_path", None)
        with suppress(ValueError, OSError, KeyError):  # a damaged METADATA is no package
            if metadata.metadata["Name"] and isinstance(info, Path):
                yield _distribution(metadata, folder, info)


def _distribution(metadata: Metadata, folder: Path, info: Path) -> Distribution:
    return Distribution(
        name=canonicalize_name(metadata.metadata["Name"]),
        version=metadata.metadata["Version"] or "",
        folder=folder,
        info=info,
        requires=tuple(metadata.requires or ()),
        editable=_editable(metadata),
        installer=(metadata.read_text("INSTALLER") or "").strip(),
    )


def _editable(metadata: Metadata) -> str:
    try:
        origin = json.loads(metadata.read_text("direct_url.json") or "{}")
    except ValueError:
        return ""
    wanted = isinstance(origin, dict) and isinstance(origin.get("dir_info"), dict) and origin["dir_info"]
    return str(origin.get("url", "")) if wanted and wanted.get("editable") else ""


def _module(folder: Path, name: str) -> Path | None:
    if (folder / name / "__init__.py").is_file():
        return folder / name
    if (folder / f"{name}.py").is_file():
        return folder / f"{name}.py"
    # Of another interpreter than this: its suffixes are not known here.
    libraries = (path for suffix in (".so", ".pyd") for path in sorted(folder.glob(f"{escape(name)}.*{suffix}")))
    return next((path for path in (folder / f"{name}.so", folder / f"{name}.pyd", *libraries) if path.is_file()), None)
