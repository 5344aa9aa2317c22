"""Locks of a stand-in of torch's CUDA build and of real files of the default index, without what those require."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import tomli_w

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.index import Reader
from envgen.lock import lock_request
from envgen.lock.header import lock_text
from envgen.lock.pep751 import BuildRequirement, Origin, parse_document
from envgen.lock.solver import Solution
from envgen.refresh.access import configured_access
from envgen.spec.load import load
from tests.lock.index import sha256

from .project import TORCH, TinyProject, wheel

BACKEND = "wheel_stub-0.5.0-py3-none-any.whl"  # of TensorRT's stubs


def handmade_lock(project: TinyProject, cell: str, folder: Path, files: Mapping[str, str], uv: str = "0.0") -> None:
    """Writes the lock that the project's matrix asks for.

    Args:
        folder: for the stand-in; it must stay.
        files: package to a file of it; a source distribution is built with the backend of stubs.
        uv: what resolved it, as an image installs it.
    """
    text = TORCH.format(version="2.13.0").replace("cuda=None", 'cuda="13.0"')
    torch = wheel(folder, "torch", "2.13.0", {"torch/__init__.py": text})
    torch_file = {"url": torch.as_uri(), "hashes": {"sha256": sha256(torch)}}
    packages = [{"name": "torch", "version": "2.13.0", "wheels": [torch_file]}]
    with Reader(configured_access(), folder / "pages") as reader:
        for name, file in files.items():
            url, digest = _of_index(reader, name, file)
            entry = {"name": file, "url": url, "hashes": {"sha256": digest}}
            kind = {"wheels": [entry]} if file.endswith(".whl") else {"sdist": entry}
            packages.append({"name": name, "version": file.removesuffix(".tar.gz").split("-")[1], **kind})
        url, digest = _of_index(reader, "wheel-stub", BACKEND)
    built = any(not file.endswith(".whl") for file in files.values())
    build = {"wheel-stub": BuildRequirement(version="0.5.0", url=url, sha256=digest)} if built else {}
    document = tomli_w.dumps({"lock-version": "1.0", "created-by": "tests", "packages": packages})
    request = lock_request(Cell.parse(cell), load(project.folder / "matrix.yaml"), Facts.current())
    path = project.folder / "environments" / cell / "pylock.toml"
    path.parent.mkdir(parents=True)
    solution = Solution(document, parse_document(document), (), None, build)
    path.write_text(lock_text(request, solution, Origin(), uv, {}), encoding="utf-8")


def _of_index(reader: Reader, package: str, file: str) -> tuple[str, str]:
    found = [each for listing in reader.listings(package) for each in listing.files if each.name == file]
    assert found, f"no index has {file}"
    return found[0].url, found[0].sha256 or ""
