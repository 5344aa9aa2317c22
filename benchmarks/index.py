"""What a look at the configured indexes costs: a listing, the same again, and three members of one wheel by ranges.

python benchmarks/index.py [PACKAGE VERSION MEMBER...]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from packaging.version import Version

from envgen.index import File, Reader
from envgen.refresh.access import configured_access

T = TypeVar("T")


def main(package: str, version: str, *members: str) -> None:
    with tempfile.TemporaryDirectory() as cache:
        for words in ("listing", "listing again"):
            with Reader(configured_access(), Path(cache)) as reader:
                listings = tell(words, reader, lambda reader=reader: reader.listings(package))
                files = [file for listing in listings for file in listing.files]
                unchanged = sum(not listing.changed for listing in listings)
                print(f"    {len(files)} files on {len(listings)} indexes, {unchanged} of them unchanged")
        with Reader(configured_access(), Path(cache)) as reader:
            look_inside(reader, wheel_of(files, Version(version)), members)


def wheel_of(files: list[File], version: Version) -> File:
    """The first wheel of a release for Linux on x86-64 that does not lie here already."""
    fitting = (file for file in files if file.version == version and file.url.startswith("http"))
    return next(file for file in fitting if any(tag.platform.endswith("linux_2_28_x86_64") for tag in file.tags))


def look_inside(reader: Reader, file: File, members: tuple[str, ...]) -> None:
    print(file.name)
    wheel = reader.wheel(file)
    tell("names", reader, wheel.names)
    tell("METADATA", reader, wheel.metadata)
    for member in members:
        tell(member, reader, lambda member=member: wheel.read(member, limit=1 << 20))
    print(f"in all {reader.requests} requests, {reader.bytes_received:,} bytes")


def tell(words: str, reader: Reader, work: Callable[[], T]) -> T:
    requests, received, started = reader.requests, reader.bytes_received, time.perf_counter()
    outcome = work()
    seconds = time.perf_counter() - started
    asked, received = reader.requests - requests, reader.bytes_received - received
    print(f"{words:30} {asked:3} requests {received:10,} bytes {seconds:6.2f} s")
    return outcome


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["torch", "2.13.0", "torch-2.13.0.dist-info/WHEEL", "torch/version.py"]))
