"""Tells every file of an image, with a digest of what is in it; a program that `envgen verify` runs.

Usage: python -m envgen.container.tree IDFILE ANSWER
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast
from uuid import uuid4

from envgen.container.client import connected
from envgen.container.owned import owner_label, sweep

READ = 1 << 20


def main() -> None:
    from docker.errors import APIError  # noqa: PLC0415 - an extra

    id_file, answer = map(Path, sys.argv[1:])
    with connected() as client:
        sweep(client)
        image = id_file.read_text(encoding="utf-8").strip()
        name = f"envgen-{os.getpid()}-{uuid4().hex[:12]}"
        container = client.containers.create(image, ["true"], name=name, labels=dict(owner_label()))
        try:
            with tempfile.TemporaryFile() as archive:
                for chunk in cast("Iterator[bytes]", container.export(READ)):
                    archive.write(chunk)
                archive.seek(0)
                with tarfile.open(fileobj=archive) as tar:
                    entries = dict(_entries(tar))
        finally:
            with suppress(APIError):  # somebody else removes it
                container.remove(force=True, v=True)
    answer.write_text(json.dumps(entries), encoding="utf-8")


def _entries(tar: tarfile.TarFile) -> Iterator[tuple[str, str]]:
    for member in tar:
        kind, content = "other", ""
        if member.isfile():
            kind, content = "file", _digest(tar, member)
        elif member.issym() or member.islnk():
            kind, content = "link", member.linkname
        elif member.isdir():
            kind = "folder"
        yield f"/{member.name.rstrip('/')}", f"{kind} {member.mode:04o} {member.uid}:{member.gid} {content}".rstrip()


def _digest(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    content = tar.extractfile(member)
    assert content is not None
    return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]  # what it needs it has


if __name__ == "__main__":
    main()
