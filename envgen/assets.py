"""Where the files that ship beside the code are: templates, the reference extension, the example matrix."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def asset(name: str) -> Path:
    """The path of a shipped file or folder: `templates`, `csrc`, `matrix.yaml`.

    An installed wheel carries them in `envgen/shipped/`; a source checkout has them at its top level.
    """
    shipped = _PACKAGE / "shipped" / name
    return shipped if shipped.exists() else _PACKAGE.parent / name
