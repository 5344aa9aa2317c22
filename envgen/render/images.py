"""The images that cells start from: the known ones, or the user's own, each pinned where it is locked.

The lock is `images.lock.json` beside the cells' folders; `envgen images refresh` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter, ValidationError

from envgen.compat.containers import Containers
from envgen.compat.windows import WindowsContainers
from envgen.errors import EnvgenError
from envgen.image import ImageReference, LockedImage
from envgen.lock import ENVIRONMENTS
from envgen.spec.matrix import Matrix

IMAGES_LOCK = Path(ENVIRONMENTS, "images.lock.json")


@dataclass(frozen=True)
class ImagesLock:
    """Image, as it is named without a digest, to what is locked of it."""

    images: Mapping[str, LockedImage]

    @classmethod
    def read(cls, path: Path) -> Self:
        """The lock of a file; empty where there is none.

        Raises:
            EnvgenError: it cannot be read, or is no such lock.
        """
        try:
            images = _LOCKED.validate_json(json.dumps(json.loads(path.read_bytes())["images"]))
            for name, image in images.items():
                ImageReference.parse(name).at(image.digest)
            return cls(images)
        except FileNotFoundError:
            return cls({})
        except (OSError, ValueError, KeyError, TypeError) as error:
            why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            raise EnvgenError(
                f"{path} is no usable lock of images: {why}.", "Delete it and run `envgen images refresh`."
            ) from None

    @property
    def text(self) -> str:
        """Its file: sorted, the same bytes for the same content."""
        images = {name: asdict(image) | {"as_of": str(image.as_of)} for name, image in sorted(self.images.items())}
        head = "Digests of images, read from their registries by `envgen images refresh`."
        return json.dumps({"about": head, "images": images}, indent=2) + "\n"

    def updated(self, needed: Iterable[str], found: Mapping[str, LockedImage]) -> Self:
        """The same for the images that are needed, by what was found; what still holds keeps its day."""
        images = {}
        for name in sorted(needed):
            old, new = self.images.get(name), found.get(name)
            if new and not (old and (old.digest, old.platforms) == (new.digest, new.platforms)):
                images[name] = new
            elif old:
                images[name] = old
        return type(self)(images)

    def pinned(self, image: str) -> str:
        """The image with its digest, where one is locked."""
        found = self.images.get(image)
        return str(ImageReference.parse(image).at(found.digest)) if found else image


_LOCKED = TypeAdapter(dict[str, LockedImage])


@dataclass(frozen=True)
class Images:
    """What Dockerfiles start from, by the family of the system."""

    linux: Containers
    windows: WindowsContainers

    def named(self, name: Callable[[str], str]) -> Images:
        """The same, with another name for every image."""
        return Images(self.linux.named(name), self.windows.named(name))


def matrix_images(matrix: Matrix) -> Images:
    """The images that the cells of a matrix start from, pinned by the lock beside it.

    Raises:
        EnvgenError: the lock is damaged.
    """
    lock = ImagesLock.read(matrix.file.absolute().parent / IMAGES_LOCK)
    return unpinned_images(matrix).named(lock.pinned)


def unpinned_images(matrix: Matrix) -> Images:
    """As they are named: the known ones, and the matrix's own."""
    own = {key: str(image) for key, image in matrix.docker.images.items()}
    of_systems = {os: image for (os, cuda), image in own.items() if cuda is None}
    return Images(replace(Containers.load(), own=own), replace(WindowsContainers.load(), own=of_systems))


def unlocked(images: Iterable[str]) -> tuple[str, ...]:
    """Those of them that no digest pins, sorted."""
    return tuple(sorted({image for image in images if not ImageReference.parse(image).digest}))


def unpinned_notes(images: Iterable[str]) -> tuple[str, ...]:
    """A sentence for each image that no digest pins."""
    sentence = "No digest of {} is known, so its content may change: `envgen images refresh` reads it."
    return tuple(sentence.format(image) for image in unlocked(images))
