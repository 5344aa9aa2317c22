"""The layers of images, and which of them cells have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAKES_LAYER = ("RUN ", "COPY ", "ADD ", "WORKDIR ")  # as BuildKit writes history


@dataclass(frozen=True)
class Layer:
    """One layer as it lies on the engine's disk: the same id is stored once."""

    id: str
    bytes: int


def layers_of(digests: Sequence[str], history: Sequence[Mapping[str, Any]], size: int) -> tuple[Layer, ...]:
    """The layers of an image with their sizes, the base first.

    Args:
        digests: of the layers' content, as RootFS lists them.
        history: as the engine tells it, the newest first: steps that made no layer stand in it too.
        size: of the whole image, for one whose history does not tell which step made which layer.
    """
    made = [entry["Size"] for entry in reversed(history) if _made_layer(entry)]
    if len(made) != len(digests):
        made = [0] * (len(digests) - 1) + [size]
    return tuple(Layer(chain, bytes_) for chain, bytes_ in zip(_chain(digests), made, strict=True))


def _made_layer(entry: Mapping[str, Any]) -> bool:
    return bool(entry["Size"]) or str(entry["CreatedBy"]).startswith(MAKES_LAYER)


def _chain(digests: Sequence[str]) -> list[str]:
    """Layer ids as the OCI image specification makes them: of the content and of all that lies below it."""
    ids: list[str] = []
    for digest in digests:
        chained = f"sha256:{hashlib.sha256(f'{ids[-1]} {digest}'.encode()).hexdigest()}" if ids else digest
        ids.append(chained)
    return ids


@dataclass(frozen=True)
class Sharing:
    """What images take together: `apart` if each had its layers for itself, `together` as they lie on the disk."""

    apart: int
    together: int

    @property
    def shared(self) -> int:
        return self.apart - self.together


def sharing(images: Sequence[Sequence[Layer]]) -> Sharing:
    """How much of some images' layers is stored once for several of them; bytes."""
    apart = sum(layer.bytes for image in images for layer in image)
    together = sum({layer.id: layer.bytes for image in images for layer in image}.values())
    return Sharing(apart, together)
