"""Two file trees, and in what they differ."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

# A path to what is there: kind, rights, owner, and a digest of its content.
Tree = Mapping[str, str]
DATA = Path(__file__).with_name("allowed.yaml")


@dataclass(frozen=True)
class Allowance:
    """Paths in which two builds may differ."""

    path: str
    reason: str


@dataclass(frozen=True)
class Difference:
    """A path that is not the same in both; `allowed` is the reason why it need not be, or nothing."""

    path: str
    what: str
    allowed: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.what}" + (f" (allowed: {self.allowed})" if self.allowed else "")


def allowances(of: str) -> tuple[Allowance, ...]:
    """The documented ones, of an `image` or a `venv`."""
    data = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return tuple(Allowance(entry["path"], entry["reason"]) for entry in data[of])


def compare(first: Tree, second: Tree, allowed: tuple[Allowance, ...]) -> tuple[Difference, ...]:
    """Every path in which the trees differ, sorted."""
    paths = sorted(first.keys() | second.keys())
    return tuple(
        Difference(path, _what(first.get(path), second.get(path)), _reason(path, allowed))
        for path in paths
        if first.get(path) != second.get(path)
    )


def _what(first: str | None, second: str | None) -> str:
    if first is None or second is None:
        return f"only in the {'second' if first is None else 'first'}"
    names = ("kind", "rights", "owner", "content")
    one, other = first.split(" ", 3), second.split(" ", 3)
    differing = [name for name, a, b in zip(names, one, other, strict=False) if a != b]
    return f"another {' and '.join(differing) or 'content'}"


def _reason(path: str, allowed: tuple[Allowance, ...]) -> str:
    return next((each.reason for each in allowed if fnmatchcase(path, each.path)), "")


def folder_tree(folder: Path) -> Tree:
    """The files below a folder; who owns them is not asked, as that is whoever made it."""
    return dict(_entries(folder))


def _entries(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        rights = f"{stat.S_IMODE(status.st_mode):04o} -"
        name = f"/{path.relative_to(folder).as_posix()}"
        if path.is_symlink():
            yield name, f"link {rights} {path.readlink()}"
        elif path.is_file():
            with path.open("rb") as content:
                yield name, f"file {rights} {hashlib.file_digest(content, 'sha256').hexdigest()}"
        else:
            yield name, f"folder {rights}"
