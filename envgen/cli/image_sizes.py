"""What the images of a run take of the disk, and what cells have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from envgen.compat.words import counted
from envgen.container.layers import Layer, sharing
from envgen.results import CellResult, Report, Rung


def image_lines(report: Report) -> Iterator[str]:
    """A line for each image, and one for all together; nothing when the run made none."""
    images = {cell.cell: image for cell in report.cells if (image := _image(cell))}
    for cell, image in images.items():
        yield f"{cell}  image of {_size(image['bytes'])}: docker run --rm {image.get('name', image['id'])}"
    if len(images) > 1:
        layers = [tuple(Layer(**layer) for layer in image["layers"]) for image in images.values()]
        found = sharing(layers)
        yield (
            f"{counted(len(images), 'image')}: {_size(found.together)} on the engine's disk,"
            f" {_size(found.shared)} of them shared ({_size(found.apart)} if each had its own)."
        )


def _image(cell: CellResult) -> dict[str, Any] | None:
    built = cell.rung(Rung.BUILT)
    image = built.facts.get("image") if built else None
    return image if isinstance(image, dict) else None


def _size(amount: int) -> str:
    return f"{amount / 1e6:.0f} MB" if amount < 1e9 else f"{amount / 1e9:.2f} GB"
