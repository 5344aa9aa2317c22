"""`--base-image OS=IMAGE`: images that cells start from in place of the known ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from envgen.cell import GrammarError, Os
from envgen.errors import EnvgenError, UsageError
from envgen.render.quoting import image as image_reference

BaseImageOption = Annotated[
    list[str] | None,
    typer.Option(
        "--base-image",
        metavar="OS=IMAGE",
        help="With docker: what cells of this os start from, as debian12=registry.example/debian:12; repeatable.",
    ),
]


def base_images(given: list[str] | None) -> Mapping[Os, str]:
    """What the options say.

    Raises:
        UsageError: one is not `OS=IMAGE`, or an os is named twice.
    """
    images: dict[Os, str] = {}
    for text in given or ():
        system, _, name = text.partition("=")
        try:
            os = Os.parse(system)
            reference = image_reference(name)
        except (GrammarError, EnvgenError):
            raise UsageError(
                f"--base-image {text!r} is not OS=IMAGE.", "Write it as debian12=registry.example/debian:12."
            ) from None
        if os in images:
            raise UsageError(f"--base-image names {os} twice.", "Give one image for each os.")
        images[os] = str(reference)
    return images
