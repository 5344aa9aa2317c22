"""How far an installation's downloads are, read from what uv prints."""

from __future__ import annotations

import re
from pathlib import Path

from envgen.run.process import last_line

UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
BEGUN = re.compile(r"^ *Downloading (\S+) \(([\d.]+) ?([KMG]?i?B)\)", re.MULTILINE)
ENDED = re.compile(r"^ *Downloaded (\S+)", re.MULTILINE)


def downloads(log: Path) -> str:
    """`5 of 16 downloads, 0.9 of 2.5 GB`; the newest line where uv downloads nothing large (any more)."""
    text = log.read_text(encoding="utf-8", errors="replace")
    sizes = {name: float(number) * UNITS.get(unit, 1) for name, number, unit in BEGUN.findall(text)}
    done = [name for name in ENDED.findall(text) if name in sizes]
    if len(done) == len(sizes):
        return last_line(log)
    arrived = sum(sizes[name] for name in done)
    return f"{len(done)} of {len(sizes)} downloads, {arrived / 1e9:.1f} of {sum(sizes.values()) / 1e9:.1f} GB"
