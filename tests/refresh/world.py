"""A small world of packages: wheels made of a few members, behind an index that can be told to misbehave."""

from __future__ import annotations

import contextlib
import hashlib
import io
import struct
import tarfile
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from packaging.version import Version

from envgen.compat.store import Store
from envgen.index import Access, Reader
from envgen.refresh.packages import Followed, Inside, Limits, Package
from envgen.refresh.refresh import Observer, refresh
from envgen.refresh.report import Report
from envgen.refresh.settle import Target

TODAY = date(2026, 11, 21)
TORCH = Package("torch", Version("2.0"), Inside.TORCH, everywhere=True)
PAIR = Package("torch-tensorrt", Version("2.0"), Inside.TORCH_TENSORRT, everywhere=False)
STUB = Package("tensorrt", Version("0"), Inside.STUB, everywhere=False)
NAMES = Package("triton", Version("0"), Inside.NOTHING, everywhere=False)
OLD_STRING, NEW_STRING = b"_ZN3c105ErrorC1ENS_14SourceLocationESs\0", b"_ZN3c101fENSt7__cxx1112basic_stringIcE\0"


def elf(*needs: str, after: bytes = b"") -> bytes:
    """The start of a library that needs some versions, such as `GLIBC_2.28`."""
    records = b"".join(struct.pack("<IHHII", _elf_hash(need), 0, 2 + at, 0, 16) for at, need in enumerate(needs))
    return b"\x7fELF" + bytes(60) + records + after


def macho(version: int) -> bytes:
    command = struct.pack("<IIIIII", 0x32, 24, 1, version, 0, 0)
    return struct.pack("<IIIIIIII", 0xFEEDFACF, 0, 0, 6, 1, len(command), 0, 0) + command


def dll(major: int, minor: int) -> bytes:
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(20) + struct.pack("<HBB", 0x20B, major, minor)


def torch_members(
    version: str,
    *,
    cuda: str | None = "13.0",
    new_abi: bool = True,
    sm: str = "sm_80 sm_90",
    requires: tuple[str, ...] = ("nvidia-cuda-runtime-cu13==13.0.48", 'triton==3.5.0; platform_system == "Linux"'),
) -> dict[str, bytes]:
    """What a refresh reads of a torch wheel for Linux."""
    label = f"+cu{cuda.replace('.', '')}" if cuda else "+cpu"
    said = f"__version__ = '{version}{label}'\ncuda: Optional[str] = {cuda!r}\n"
    return metadata("torch", version, requires) | {
        "torch/version.py": said.encode(),
        "torch/utils/cpp_extension.py": b"cflags = ['-std=c++17']\nsupported_arches = ['8.0',\n '9.0']\n",
        "torch/include/ATen/ATen.h": b"#error C++17 or later compatible compiler is required to use ATen.\n",
        "torch/include/torch/csrc/stable/library.h": b"",
        "torch/lib/libc10.so": elf(
            "GLIBC_2.17", after=(NEW_STRING if new_abi else OLD_STRING) + b"GCC: (GNU) 13.3.1 2024\0"
        ),
        "torch/lib/libtorch_python.so": elf("GLIBC_2.28", "GLIBCXX_3.4.22", after=bytes(900) + f"{sm}\0".encode()),
    }


def metadata(name: str, version: str, requires: tuple[str, ...] = (), end: str = "\n") -> dict[str, bytes]:
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        *(f"Requires-Dist: {r}" for r in requires),
    ]
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    return {f"{info}/METADATA": (end.join(lines) + end).encode()}


def wheel(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def sdist(members: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(f"stub-1/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


@dataclass
class World:
    """Files by package, served.

    Attributes:
        ranges: whether the server takes them.
        stated: further attributes of every link, such as the day of its upload.
        hashes: whether links have them.
        broken: path of a package's page to what is sent for it in place of the page: a status, or bytes.
        asked: requests by path.
    """

    folder: Path
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    ranges: bool = True
    stated: str = ""
    hashes: bool = True
    broken: dict[str, int | bytes] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    address: str = ""

    def publish(self, package: str, name: str, content: bytes) -> None:
        self.files.setdefault(package, {})[name] = content

    def torch(self, version: str, tag: str = "cp312-cp312-manylinux_2_28_x86_64", **facts: object) -> None:
        members = torch_members(version, **facts)  # type: ignore[arg-type]
        self.publish("torch", f"torch-{version}-{tag}.whl", wheel(members))

    @property
    def store(self) -> Store:
        return Store(self.folder / "user", self.folder / "bundled")

    def refresh(
        self,
        *packages: Package,
        days: int = 0,
        again: bool = False,
        accept: bool = False,
        further: tuple[str, ...] = (),
        folders: tuple[str, ...] = (),
        timeout: float = 5.0,
        patience: float = 60.0,
        observer: Observer | None = None,
    ) -> Report:
        indexes = (f"{self.address}/simple/", *further)
        access = Access(indexes, folders, timeout=timeout, deadline=timeout)
        wanted = Followed(TODAY, packages or (TORCH,), frozenset(), Limits(timedelta(30), timedelta(90)))
        with Reader(access, self.folder / "pages") as reader:
            return refresh(
                reader,
                Target(self.store),
                wanted,
                TODAY + timedelta(days),
                observer or Silent(),
                again=again,
                accept=accept,
                patience=patience,
            )

    @contextlib.contextmanager
    def served(self) -> Iterator[World]:
        handler = type("Handler", (_Handler,), {"world": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class Silent:
    def surveys(self, package: str) -> None: ...
    def looked(self, package: str, files: int) -> None: ...


class _Handler(BaseHTTPRequestHandler):
    world: World

    def do_GET(self) -> None:
        self.world.asked[self.path] += 1
        parts = self.path.strip("/").split("/")
        broken = self.world.broken.get(self.path)
        if isinstance(broken, int):
            self._answer(broken, b"")
        elif broken is not None:
            self._answer(200, broken)
        elif parts[0] == "simple" and len(parts) == 2:
            files = self.world.files.get(parts[1])
            self._answer(200 if files else 404, self._page(parts[1], files or {}))
        else:
            content = self.world.files.get(parts[1], {}).get(parts[-1]) if len(parts) == 3 else None
            self._file(content) if content is not None else self._answer(404, b"")

    def _page(self, package: str, files: Mapping[str, bytes]) -> bytes:
        world = self.world
        links = []
        for name, content in files.items():
            digest = f"#sha256={hashlib.sha256(content).hexdigest()}" if world.hashes else ""
            links.append(f'<a {world.stated} href="/files/{package}/{name}{digest}">{name}</a><br>')
        return f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode()

    def _file(self, content: bytes) -> None:
        asked = self.headers.get("Range", "")
        if not (asked and self.world.ranges):
            self._answer(200, content)
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start = int(first) if first else max(0, len(content) - int(last))
        stop = min(int(last), len(content) - 1) if first and last else len(content) - 1
        self._answer(206, content[start : stop + 1], f"bytes {start}-{stop}/{len(content)}")

    def _answer(self, status: int, body: bytes, content_range: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Says nothing."""


def _elf_hash(name: str) -> int:
    digest = 0
    for letter in name:
        digest = ((digest << 4) + ord(letter)) & 0xFFFFFFFF
        if high := digest & 0xF0000000:
            digest ^= high >> 24
        digest &= ~high
    return digest
