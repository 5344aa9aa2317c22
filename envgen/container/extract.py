"""Takes a folder out of an image, and tells its name, size and layers; a program that the ladder runs.

Usage: python -m envgen.container.extract IDFILE NAME INSIDE TARGET FACTS
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path, PurePosixPath
from uuid import uuid4

from envgen.container.client import connected
from envgen.container.files import take
from envgen.container.layers import layers_of
from envgen.container.owned import owner_label, sweep


def main() -> None:
    from docker.errors import APIError  # noqa: PLC0415 - an extra

    id_file, name, inside, target, facts = sys.argv[1:]
    with connected() as client:
        sweep(client)
        image = client.images.get(Path(id_file).read_text(encoding="utf-8").strip())
        container = client.containers.create(
            image, ["true"], name=f"envgen-{os.getpid()}-{uuid4().hex[:12]}", labels=dict(owner_label())
        )
        try:
            take(container, PurePosixPath(inside), Path(target))
        finally:
            with suppress(APIError):  # somebody else removes it
                container.remove(force=True, v=True)
        layers = layers_of(image.attrs["RootFS"]["Layers"], image.history(), image.attrs["Size"])
        told = {"id": image.id, "name": name, "bytes": image.attrs["Size"], "layers": [vars(layer) for layer in layers]}
    Path(facts).write_text(json.dumps({"image": told}), encoding="utf-8")


if __name__ == "__main__":
    main()
