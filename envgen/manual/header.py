"""What every form of the commands says of itself first."""

from __future__ import annotations

from collections.abc import Iterator

from envgen.manual.recipe import Recipe


def header(recipe: Recipe) -> Iterator[str]:
    """Lines: what it is, of which cell and lock, how it was made, and what it does not do."""
    yield f"The plain compiler and linker commands of {recipe.extension} in"
    yield f"{recipe.cell}"
    yield f"Recorded by envgen {recipe.envgen} from the cell's own build ({recipe.environment}), with"
    yield f"torch {recipe.versions['torch']}."
    if recipe.lock:
        yield f"lock sha256 {recipe.lock}"
    yield f"Made again by: envgen build-commands {recipe.cell}"
    yield ""
    yield "The importable files come into OUT. The cell's own build made these binaries:"
    for name, digest in recipe.binaries.items():
        yield f"  {digest}  {name}"
    for name, why in recipe.left_out.items():
        yield f"  {name} {why}"
