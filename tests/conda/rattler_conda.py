"""A program with the options of `conda` that conda-lock uses to solve; the solver behind it is rattler.

usage: rattler_conda.py --version | create --dry-run --json --channel URL ... SPEC ...
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import rattler
from rattler.exceptions import SolverError


def virtual_packages(url: str, platform: str) -> list[rattler.GenericVirtualPackage] | None:
    """conda-lock hands its virtual packages over as a channel of its own; None for any other channel."""
    if "fake" not in url:
        return None
    file = Path(url2pathname(urlsplit(url).path)) / platform / "repodata.json"
    packages: dict[str, Any] = json.loads(file.read_text()).get("packages", {}) if file.exists() else {}
    return [
        rattler.GenericVirtualPackage(
            rattler.PackageName(one["name"]), rattler.Version(one["version"]), rattler.BuildString(one["build"] or "0")
        )
        for one in packages.values()
    ]


def solve(arguments: list[str]) -> int:
    platform = os.environ["CONDA_SUBDIR"]
    channels, virtual, specs = [], [], []
    rest = iter(arguments)
    for word in rest:
        if word in ("--channel", "-c"):
            found = virtual_packages(url := next(rest), platform)
            channels += [rattler.Channel(url)] if found is None else []
            virtual += found or []
        elif word in ("--prefix", "-p"):
            next(rest)
        elif not word.startswith("-"):
            specs.append(rattler.MatchSpec(word))
    try:
        records = asyncio.run(
            rattler.solve(channels, specs, platforms=[platform, "noarch"], virtual_packages=virtual)  # type: ignore[arg-type]
        )
    except SolverError as error:
        sys.stdout.write(json.dumps({"success": False, "message": str(error)}))
        return 1
    fetch = [
        json.loads(record.to_json())
        | {"url": record.url, "fn": record.file_name, "channel": record.channel, "subdir": record.subdir}
        for record in records
    ]
    sys.stdout.write(json.dumps({"success": True, "actions": {"FETCH": fetch, "LINK": [], "PREFIX": ""}}))
    return 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write("conda 25.0.0\n")
        code = 0
    else:
        code = solve(sys.argv[2:])
    sys.stdout.flush()
    os._exit(code)  # the solver's threads may crash an interpreter that ends right after a solve
