"""Facts of compiled files, read without running them, on any host: ELF, PE and Mach-O, and archives of them."""

from envgen.binary.content import Unreadable, printable
from envgen.binary.demangle import demangle
from envgen.binary.facts import Binary, ElfFacts, Format, MachoFacts, Marks, PeFacts, VersionNeed
from envgen.binary.fatbin import DeviceCode, DeviceFacts, covers
from envgen.binary.read import looks_like_binary, read_binary

__all__ = [
    "Binary",
    "DeviceCode",
    "DeviceFacts",
    "ElfFacts",
    "Format",
    "MachoFacts",
    "Marks",
    "PeFacts",
    "Unreadable",
    "VersionNeed",
    "covers",
    "demangle",
    "looks_like_binary",
    "printable",
    "read_binary",
]
