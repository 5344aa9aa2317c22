"""Programs that are compiled on Linux for Windows: what is known of them, their manifest, and the gates on the way."""

from envgen.engine.windows.gate import Gate
from envgen.engine.windows.knowledge import WindowsKnowledge
from envgen.engine.windows.manifest import (
    MANIFEST,
    PROGRAM,
    FileRecord,
    Manifest,
    ManifestError,
    manifest_text,
    read_manifest,
    whole,
)
from envgen.engine.windows.pair import Pair, pairs_of

__all__ = [
    "MANIFEST",
    "PROGRAM",
    "FileRecord",
    "Gate",
    "Manifest",
    "ManifestError",
    "Pair",
    "WindowsKnowledge",
    "manifest_text",
    "pairs_of",
    "read_manifest",
    "whole",
]
