"""`envgen schema`: the JSON Schema of matrix.yaml, for editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

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
    if output:
        write_atomically(output, text)
    else:
        print(text, end="")
