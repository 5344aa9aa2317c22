"""The program that makes a conda environment: `python -m envgen.environment.conda_make install|activate|mark ...`.

It runs in a process of its own, as every command of a rung does: with limits, a log, and nothing of it left in envgen.
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from envgen.environment.conda import ACTIVATION, BY_PIP, PATH_ENTRIES
from envgen.errors import EnvgenError
from envgen.lock.conda.extra import part, settle_at_exit
from envgen.lock.conda.records import check_local_files, pip_lines, records_of

# What a shell changes by itself.
_OF_THE_SHELL = frozenset({"PWD", "OLDPWD", "SHLVL", "_", "PROMPT", "PS1", "CONDA_SHLVL", PATH_ENTRIES})
_DUMP = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w', encoding='utf-8'))"


def install(lock: str, platform: str, prefix: str) -> None:
    """Downloads what the cache lacks, checks its hashes, and links it into the prefix.

    Raises:
        EnvgenError: the lock is none, or a package cannot be had or does not have its hash.
    """
    settle_at_exit()
    rattler = part("rattler")
    config = part("rattler.config").Config.load_from_default_locations("pixi")
    records = records_of(Path(lock), platform)
    check_local_files(records)
    try:
        asyncio.run(
            rattler.install(
                records,
                prefix,
                platform=rattler.Subdir(platform),
                show_progress=False,
                config=config,
            )
        )
    except part("rattler.exceptions").InstallerError as error:
        raise _not_made(str(error)) from None
    lines = pip_lines(Path(lock), platform)
    if lines:
        (Path(prefix) / BY_PIP).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _not_made(causes: str) -> EnvgenError:
    """What could not be done, and the innermost cause of it; all causes go to the log."""
    sys.stderr.write(f"{causes}\n")
    lines = [line.removeprefix("Caused by: ").strip(" .") for line in causes.splitlines() if line.strip()]
    why = ": ".join(dict.fromkeys([*lines[:1], *lines[-1:]]))
    return EnvgenError(
        f"The conda environment cannot be made: {why}.",
        "Check that its channel or a mirror can be reached and the disk has room, or lock again with --upgrade.",
    )


def activate(prefix: str) -> None:
    """Runs the packages' own activation scripts in their shell, and keeps what they set.

    Raises:
        EnvgenError: one of them fails, or there is no shell to run them.
    """
    settle_at_exit()
    shells = part("rattler.shell")
    shell = shells.Shell.cmd_exe if sys.platform == "win32" else shells.Shell.bash
    script = shells.activate(Path(prefix), shells.ActivationVariables(), shell).script
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="envgen-activate-") as folder:
        after = _run(script, Path(folder), before)
    kept: dict[str, str | None] = {
        name: value for name, value in after.items() if before.get(name) != value and name not in _OF_THE_SHELL
    }
    kept |= {name: None for name in before if name not in after and name not in _OF_THE_SHELL}
    known = before.get("PATH", "").split(os.pathsep)
    own = dict.fromkeys(entry for entry in after.get("PATH", "").split(os.pathsep) if entry not in known)
    kept[PATH_ENTRIES] = os.pathsep.join(own)
    (Path(prefix) / ACTIVATION).write_text(json.dumps(kept, indent=1, sort_keys=True), encoding="utf-8")


def _run(script: str, folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    answer = folder / "variables.json"
    if sys.platform == "win32":
        file = folder / "activate.bat"
        file.write_text(f'{script}\n@"{sys.executable}" -I -c "{_DUMP}" "{answer}"\n', encoding="utf-8")
        argv = ["cmd.exe", "/d", "/c", str(file)]
    else:
        file = folder / "activate.sh"
        dump = shlex.join([sys.executable, "-I", "-c", _DUMP, str(answer)])
        file.write_text(f"{script}\n{dump}\n", encoding="utf-8")
        argv = ["bash", "--noprofile", "--norc", str(file)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, env=dict(variables))
    except FileNotFoundError:
        raise EnvgenError(
            f"There is no {argv[0]}, which activation scripts of conda packages need.",
            "Install it, or take `--environment venv`.",
        ) from None
    if done.returncode != 0 or not answer.is_file():
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise EnvgenError(
            f"An activation script of the conda environment failed: {said}.",
            "Lock again with --upgrade, or tell the channel that has its package.",
        )
    found: dict[str, str] = json.loads(answer.read_text(encoding="utf-8"))
    return found


def mark(file: str, text: str) -> None:
    """Says that the environment is complete, and of which lock it is."""
    Path(file).write_text(text, encoding="utf-8")


STEPS: Mapping[str, Callable[..., None]] = {"install": install, "activate": activate, "mark": mark}

if __name__ == "__main__":
    try:
        STEPS[sys.argv[1]](*sys.argv[2:])
    except EnvgenError as error:
        sys.exit(" ".join(f"error: {error}".splitlines()))  # what a rung says is the line of the error
