"""Facts of compiled files, read without running them, on any host: ELF, PE and Mach-O, and archives of them."""

from envgen.binary.facts import Binary, ElfFacts, Format, MachoFacts, PeFacts, VersionNeed

__all__ = ["Binary", "ElfFacts", "Format", "MachoFacts", "PeFacts", "VersionNeed"]
