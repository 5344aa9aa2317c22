"""Channels on disk: the real records in data/, and packages made here.

Packages made here are real conda packages (`.tar.bz2` with their metadata) that the real installer installs. What is in
them are stand-ins: `python` is a virtual environment's link to the interpreter that runs the tests, `pytorch` a module
with torch's version, `cxx-compiler` a script around this machine's compiler.
"""

from __future__ import annotations

import bz2
import hashlib
import io
import json
import lzma
import sys
import sysconfig
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DATA = Path(__file__).parent / "data"
UPSTREAM = "https://conda.anaconda.org/conda-forge"
SUBDIRS = ("linux-64", "linux-aarch64", "noarch", "osx-arm64", "win-64")

TORCH = """\
import types
__version__ = "2.13.0"
version = types.SimpleNamespace(cuda=None, git_version="0" * 40)
cuda = types.SimpleNamespace(is_available=lambda: False)
_C = types.SimpleNamespace()
def compiled_with_cxx11_abi():
    return True
"""


def real_channel(folder: Path) -> Path:
    """The real records as a channel; a lock made from it names their addresses upstream, as CEP 15 has it."""
    for subdir in SUBDIRS:
        content = json.loads(lzma.decompress((DATA / "channel" / f"{subdir}.json.xz").read_bytes()))
        content["info"]["base_url"] = f"{UPSTREAM}/{subdir}/"
        file = folder / subdir / "repodata.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(content), encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Package:
    """A package to be made; `links` are symbolic links, path to target."""

    name: str
    version: str = "1.0"
    build: str = "0"
    depends: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    noarch: str = ""

    @property
    def file(self) -> str:
        return f"{self.name}-{self.version}-{self.build}.tar.bz2"

    def index(self, subdir: str) -> dict[str, object]:
        return {
            "name": self.name, "version": self.version, "build": self.build, "build_number": 0,
            "depends": list(self.depends), "subdir": subdir, **({"noarch": self.noarch} if self.noarch else {}),
        }  # fmt: skip


def make_channel(folder: Path, platform: str, packages: Sequence[Package]) -> Path:
    """A channel with packages that can be installed."""
    records: dict[str, dict[str, object]] = {platform: {}, "noarch": {}}
    for package in packages:
        subdir = "noarch" if package.noarch else platform
        data = _archive(package, subdir)
        file = folder / subdir / package.file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        digests = {"md5": hashlib.md5(data, usedforsecurity=False).hexdigest(), "sha256": _sha256(data)}
        records[subdir][package.file] = package.index(subdir) | digests | {"size": len(data)}
    for subdir, packages_of in records.items():
        content = {"info": {"subdir": subdir}, "packages": packages_of, "packages.conda": {}, "repodata_version": 1}
        (folder / subdir).mkdir(parents=True, exist_ok=True)
        (folder / subdir / "repodata.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def _archive(package: Package, subdir: str) -> bytes:
    paths = [
        {"_path": path, "path_type": "hardlink", "sha256": _sha256(text.encode()), "size_in_bytes": len(text.encode())}
        for path, text in package.files.items()
    ]
    paths += [
        {"_path": path, "path_type": "softlink", "sha256": _sha256(Path(target).read_bytes()), "size_in_bytes": 0}
        for path, target in package.links.items()
    ]
    content = {
        "info/index.json": json.dumps(package.index(subdir)),
        "info/paths.json": json.dumps({"paths_version": 1, "paths": paths}),
        "info/about.json": "{}",
        "info/files": "".join(f"{path}\n" for path in (*package.files, *package.links)),
        **(
            {"info/link.json": '{"noarch": {"type": "python"}, "package_metadata_version": 1}'}
            if package.noarch
            else {}
        ),
        **package.files,
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in content.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(text.encode()), 0o755 if name.startswith("bin/") else 0o644
            archive.addfile(member, io.BytesIO(text.encode()))
        for name, target in package.links.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return bz2.compress(buffer.getvalue(), 1)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def stand_ins(compiler: str) -> tuple[Package, ...]:
    """What a CPU cell of torch 2.13 asks for, for the Python that runs the tests.

    Args:
        compiler: a C compiler of this machine.
    """
    minor = sys.version_info.minor
    base = Path(sysconfig.get_config_var("BINDIR")) / f"python3.{minor}"
    build = f"0_cp3{minor}" if minor >= 13 else "0_cpython"
    python = Package(
        "python",
        f"3.{minor}.0",
        build,
        files={"pyvenv.cfg": f"home = {base.parent}\n", f"lib/python3.{minor}/site-packages/README.txt": "here\n"},
        links={"bin/python": str(base), f"bin/python3.{minor}": str(base)},
    )
    metadata = "Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0\n"
    torch = Package(
        "pytorch", "2.13.0", "cpu_generic_0", depends=("python", "typing_extensions"),
        files={
            f"lib/python3.{minor}/site-packages/torch/__init__.py": TORCH,
            f"lib/python3.{minor}/site-packages/torch-2.13.0.dist-info/METADATA": metadata,
        },
    )  # fmt: skip
    activation = 'function set_cc() { export CC="$CONDA_PREFIX/bin/stand-in-cc"; }\nset_cc\n'
    typing_extensions = Package(
        "typing_extensions", noarch="python", depends=("python",),
        files={"site-packages/typing_extensions.py": "HERE = True\n"},
    )  # fmt: skip
    cc = Package(
        "cxx-compiler",
        files={
            "bin/stand-in-cc": f'#!/bin/sh\nexec {compiler} -DBUILT_BY_CONDA "$@"\n',
            "etc/conda/activate.d/compiler.sh": activation,
        },
    )
    return python, torch, typing_extensions, cc
