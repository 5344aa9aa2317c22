"""All that is told of a file, whatever it is."""

from __future__ import annotations

import json

from envgen.binary import Unreadable, demangle, read_binary
from envgen.binary.archive import read_archive
from envgen.binary.findings import findings
from envgen.binary.look import Looked
from envgen.binary.words import in_words
from envgen.inspection import records


def read_all(content: bytes) -> str:
    """Reads a file in every way; why it could not be read, or nothing."""
    try:
        if content[:2] in (b"PK", b"\x1f\x8b"):
            members = list(read_archive(content))
            for member in members:
                _tell(Looked(member.name, member.binaries, member.unreadable, wheel="a-1-cp312-cp312-linux_x86_64.whl"))
            return "; ".join(member.unreadable for member in members if member.unreadable)
        binaries = read_binary(content, "one.cpython-312-x86_64-linux-gnu.so")
        _tell(Looked("one.cpython-312-x86_64-linux-gnu.so", binaries))
    except Unreadable as reason:
        return reason.what
    return ""


def _tell(looked: Looked) -> None:
    findings(looked)
    json.dumps(records(looked, names=True))
    for binary in looked.binaries:
        assert all(label.isascii() for label, _ in in_words(binary))
        for name in list(binary.imports)[:20]:
            demangle(name)
