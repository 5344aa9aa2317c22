"""`envgen schema`: the JSON Schema of matrix.yaml, for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from envgen.errors import UsageError
from envgen.files import write_atomically
from envgen.spec.schema import json_schema


def schema_command(
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there.")] = None,
) -> None:
    """Print the JSON Schema of matrix.yaml.

    An editor completes and checks a matrix whose first line names the schema:

    `# yaml-language-server: $schema=matrix.schema.json`

    Example: `envgen schema -o matrix.schema.json`
    """
    text = json.dumps(json_schema(), indent=2, sort_keys=True) + "\n"
    if output is None:
        print(text, end="")
        return
    if not output.parent.is_dir():
        raise UsageError(f"There is no folder {output.parent}.", "Make it, or name another file.")
    write_atomically(output, text)
    print(f"{output} is written.")
