"""The libraries of TensorRT and torch-tensorrt in a cell, and what the loader reads of them; prints JSON.

Usage: tensorrt_files.py FLAVOUR ; FLAVOUR is `full`, `lean` or `dispatch`. Nothing is loaded or imported. Standard
library only, Python 3.8 and later.
"""

import glob
import importlib.util
import json
import mmap
import os
import re
import sys
from typing import Any, Dict, List, Tuple

Facts = Dict[str, Any]

PACKAGES = {
    "full": ("tensorrt", "tensorrt_libs", "tensorrt_bindings"),
    "lean": ("tensorrt_lean", "tensorrt_lean_libs", "tensorrt_lean_bindings"),
    "dispatch": ("tensorrt_dispatch", "tensorrt_dispatch_libs", "tensorrt_dispatch_bindings"),
}
SYSTEM = ("/usr/lib/*-linux-gnu", "/usr/lib64", "/usr/local/tensorrt/lib", "/opt/tensorrt/lib")  # of NVIDIA's packages
NAMES = re.compile(r"(?:lib)?(nvinfer\w*?|nvonnxparser|nvparsers|torchtrt\w*?)(?:_\d+)?\.(?:so[.\d]*|dll)")
PT_LOAD, PT_DYNAMIC, PT_GNU_STACK, PF_X = 1, 2, 0x6474E551, 1  # of elf.h
DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_SONAME = 1, 5, 10, 14


def libraries(flavour: str) -> List[Facts]:
    """Those in packages; where there are none, those that the loader finds elsewhere."""
    folders = [folder for package in PACKAGES[flavour] for folder in folders_of(package)]
    found = [file for folder in folders for file in files_in(folder)]
    if not found:
        path = os.environ.get("PATH" if os.name == "nt" else "LD_LIBRARY_PATH", "").split(os.pathsep)
        system = [folder for pattern in SYSTEM for folder in sorted(glob.glob(pattern))]
        found = [file for folder in path + system if folder for file in files_in(folder)]
    if flavour == "full":
        found += [file for folder in folders_of("torch_tensorrt") for file in files_in(os.path.join(folder, "lib"))]
    return [dict(elf(file), kind=kind, file=file) for kind, file in found]


def folders_of(package: str) -> List[str]:
    """Where an installed package is; it is not imported."""
    spec = importlib.util.find_spec(package)
    return list(spec.submodule_search_locations or []) if spec else []


def files_in(folder: str) -> List[Tuple[str, str]]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    fitting = ((NAMES.fullmatch(name), os.path.join(folder, name)) for name in names)
    return [(match[1], file) for match, file in fitting if match and os.path.isfile(file)]


class Elf:
    """The segments and the dynamic section of a 64-bit little-endian ELF file."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        at, size, count = self.number(32, 8), self.number(54, 2), self.number(56, 2)
        self.segments = [self.segment(at + size * index) for index in range(count)]
        self.entries = [entry for each in self.of_kind(PT_DYNAMIC) for entry in self.dynamic(each)]

    def number(self, at: int, size: int) -> int:
        return int.from_bytes(self.data[at : at + size], "little")

    def segment(self, at: int) -> Dict[str, int]:
        fields = ("offset", "address", "physical", "size")
        numbers = {field: self.number(at + 8 + 8 * index, 8) for index, field in enumerate(fields)}
        return dict(numbers, kind=self.number(at, 4), flags=self.number(at + 4, 4))

    def of_kind(self, kind: int) -> List[Dict[str, int]]:
        return [segment for segment in self.segments if segment["kind"] == kind]

    def dynamic(self, segment: Dict[str, int]) -> List[Tuple[int, int]]:
        """Tags with their values."""
        places = range(segment["offset"], segment["offset"] + min(segment["size"], 1 << 16), 16)
        return [(self.number(at, 8), self.number(at + 8, 8)) for at in places]

    def values(self, tag: int) -> List[int]:
        return [value for each, value in self.entries if each == tag]

    def strings(self) -> bytes:
        """The table of names."""
        address, size = (sum(self.values(tag)[:1]) for tag in (DT_STRTAB, DT_STRSZ))
        for each in self.of_kind(PT_LOAD):
            if 0 <= address - each["address"] < each["size"]:
                start = each["offset"] + address - each["address"]
                return self.data[start : start + size]
        return b""

    def texts(self, tag: int) -> List[str]:
        strings = self.strings()
        return [strings[at : strings.find(b"\0", at)].decode("utf-8", "replace") for at in self.values(tag)]


def elf(file: str) -> Facts:
    """What the loader reads of a library; nothing of one that is no such file."""
    if not os.path.getsize(file):  # it cannot be mapped
        return {}
    with open(file, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:6] != b"\x7fELF\x02\x01":
            return {}
        library = Elf(data)
        said: Facts = {
            "soname": "".join(library.texts(DT_SONAME)[:1]),
            "needed": library.texts(DT_NEEDED),
            "executable_stack": any(each["flags"] & PF_X for each in library.of_kind(PT_GNU_STACK)),
        }
        built = re.search(rb"\0tensorrt_version_(\d+)_(\d+)_(\d+)_(\d+)\0", library.strings())  # up to TensorRT 9
        if built:
            said["build"] = b".".join(built.groups()).decode()
        return said


if __name__ == "__main__":
    print(json.dumps(libraries(sys.argv[1])))
