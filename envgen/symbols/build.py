"""From a wheel of torch to the symbols of its libraries; members are read by ranges, one at a time."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from packaging.version import Version

from envgen.binary import Unreadable, read_binary
from envgen.compat.records import Platform
from envgen.index import File, IndexFault, Listing, RemoteWheel
from envgen.refresh.names import by_platform
from envgen.symbols.table import Column, SymbolTable, is_cuda_library

# torch's own libraries; what is there for tests (`torchbind_test`) and others' (`gomp`) holds nothing to bind to.
_LIBRARY = re.compile(r"torch/lib/(?:lib)?((?:c10|torch)(?:_\w+)?)\.(?:so|dylib|dll)")
_VERSION = 100_000  # bytes; torch/version.py has some hundreds


def wheels_of(listing: Listing) -> dict[tuple[Version, Platform], File]:
    """The wheel that stands for each final release on each platform: its libraries do not differ by Python."""
    releases = dict.fromkeys(file.version for file in listing.files if file.version)
    return {
        (release, platform): found.representative
        for release in releases
        if not (release.is_prerelease or release.local)
        for platform, found in by_platform(file for file in listing.files if file.version == release).items()
    }


def index_wheel(
    wheel: RemoteWheel,
    file: File,
    platform: Platform,
    today: date,
    scratch: Path,
    tell: Callable[[str], None] = lambda _: None,
) -> SymbolTable:
    """The symbols of one release on one platform.

    Args:
        scratch: a folder on a disk with room for the largest library, up to 1.5 GB.
        tell: called with the name of each library before it is read.

    Raises:
        IndexFault: the wheel cannot be read, or is none of torch.
    """
    libraries = dict(_libraries(wheel))
    if not {"c10", "torch_cpu"} <= set(libraries):
        raise IndexFault(f"{file.name} has no libraries of torch.", "Take a wheel of torch.")
    assert file.version is not None
    cuda = _cuda(wheel) if any(map(is_cuda_library, libraries)) else ""
    column = Column(Version(file.version.public), file.name, file.sha256 or "", cuda, today)
    exports = {}
    for library, member in libraries.items():
        tell(member)
        exports[library] = _exports(wheel, member, scratch)
    return SymbolTable.of(platform, column, exports)


def _libraries(wheel: RemoteWheel) -> Iterator[tuple[str, str]]:
    for name in sorted(wheel.names()):
        if match := _LIBRARY.fullmatch(name):
            yield match[1], name


def _exports(wheel: RemoteWheel, member: str, scratch: Path) -> frozenset[str]:
    """The names stand at both ends of an ELF file that was patched after linking, so all of it is unpacked."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        path = Path(folder) / "library"
        with path.open("wb") as target:
            wheel.copy(member, target)
        try:
            return read_binary(path, member)[0].exports
        except Unreadable as error:
            raise IndexFault(f"{member} in the wheel is no library that can be read: {error.what}.") from None


def _cuda(wheel: RemoteWheel) -> str:
    text = wheel.read("torch/version.py", _VERSION).decode("utf-8", "replace")
    match = re.search(r"^cuda(?:: [^=]*)? = '(\d+\.\d+)'", text, re.MULTILINE)
    return match[1] if match else ""
