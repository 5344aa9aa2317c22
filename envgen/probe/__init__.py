"""Scripts that run inside a cell: standard library only, Python 3.8 to 3.15, one process per rung."""

from pathlib import Path


def script(name: str) -> Path:
    """The path of a probe, to be run by the cell's interpreter: `environment`, `load`, `devices`."""
    return Path(__file__).with_name(f"{name}.py")


def scripts() -> tuple[Path, ...]:
    """All probes, for a place that does not see this machine's files."""
    return tuple(sorted(Path(__file__).parent.glob("[a-z]*.py")))
