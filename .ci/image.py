"""Writes a root file system as an image of one layer, for `docker load`, marked for the processor that it is for.

Usage: image.py ROOTFS.tar NAME ARCH > IMAGE.tar
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

LAYER = "layer.tar"


def main() -> None:
    rootfs, name, arch = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    with rootfs.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    config = {
        "architecture": arch,
        "os": "linux",
        "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["sh"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "debootstrap"}],
    }
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as image:
        _add(image, "config.json", config)
        entry = tarfile.TarInfo(LAYER)
        entry.size = rootfs.stat().st_size
        with rootfs.open("rb") as content:
            image.addfile(entry, content)
        _add(image, "manifest.json", [{"Config": "config.json", "RepoTags": [name], "Layers": [LAYER]}])


def _add(image: tarfile.TarFile, name: str, value: object) -> None:
    text = json.dumps(value).encode()
    entry = tarfile.TarInfo(name)
    entry.size = len(text)
    image.addfile(entry, io.BytesIO(text))


if __name__ == "__main__":
    main()
