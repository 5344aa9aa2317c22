"""Runs one command in a container of its own, bounded, and leaves nothing of it behind; a program that the ladder runs.

Usage: python -m envgen.container.run [OPTIONS] IMAGE -- COMMAND...

The container has no network, a root that cannot be written, no capabilities, and a user without rights. What the
command prints is passed on, and the program ends as the command ended, also by the same signal.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from envgen.container.client import connected
from envgen.container.files import TooMuch, put, take, take_files
from envgen.container.owned import owner_label, sweep

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

USER = 10001  # that the Dockerfile makes
VOLUME = PurePosixPath("/envgen")  # lives as long as the container does
WORK = VOLUME / "work"  # where a command begins, and the one folder that it may write to and that is kept to its end
COPIES = VOLUME / "copies"
KEPT = 5 << 30  # bytes that a command may leave in its folder of files to be kept
PIDS = 4096
# A command that a signal ends is told from one that ends by itself; as the first process of its container it would not
# be ended by its own abort at all.
SHELL = ("/bin/sh", "-c", '"$@"; exit $?', "sh")
ENDS_BY = frozenset({signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGTRAP})


@dataclass(frozen=True)
class Order:
    """What to run, and in what.

    Attributes:
        memory: bytes of the whole container, its temporary files included.
        files: copied into COPIES, by their names there.
        bring: a file in WORK, and where it goes on this machine.
        keep: an empty folder in WORK, and the folder on this machine where what is left in it goes.
    """

    image: str
    argv: tuple[str, ...]
    memory: int
    gpus: bool
    platform: str | None
    files: Mapping[str, Path]
    bring: tuple[PurePosixPath, Path] | None
    keep: tuple[PurePosixPath, Path] | None
    variables: tuple[str, ...]


def main() -> None:
    order = _order()
    with connected() as client:
        sweep(client)
        name = f"envgen-{os.getpid()}-{uuid4().hex[:12]}"
        try:
            code, killed = _run(client, order, name)
        finally:
            _remove(client, name)
    if killed:
        sys.exit(f"error: used more than {order.memory / 1e9:.1f} GB of memory; ended by its memory limit")
    _end_as(code)


def _run(client: DockerClient, order: Order, name: str) -> tuple[int, bool]:
    """The exit code, and whether the kernel ended something for its memory."""
    from docker.errors import NotFound  # noqa: PLC0415 - an extra

    container = client.containers.create(**_container(order), name=name)
    empty = [WORK, *([order.keep[0]] if order.keep else [])]
    names = [str(folder.relative_to(VOLUME)) for folder in empty]
    put(container, VOLUME, names, {f"{COPIES.name}/{name}": file for name, file in order.files.items()}, USER)
    output = container.attach(stream=True, stdout=True, stderr=True)
    container.start()
    for chunk in output:
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    ended = container.wait()
    container.reload()
    if order.bring:
        with suppress(NotFound):  # the command ended before it wrote anything
            take(container, *order.bring)
    if order.keep:
        _keep(container, *order.keep)
    return int(ended["StatusCode"]), bool(container.attrs["State"]["OOMKilled"])


def _keep(container: Container, folder: PurePosixPath, target: Path) -> None:
    from docker.errors import NotFound  # noqa: PLC0415 - an extra

    try:
        take_files(container, folder, target, KEPT)
    except NotFound:
        sys.stderr.write("The folder of files to be kept is gone.\n")
    except TooMuch:
        sys.stderr.write(f"More than {KEPT >> 30} GiB were left to be kept, and nothing of it is.\n")


def _container(order: Order) -> dict[str, Any]:
    from docker.types import DeviceRequest, LogConfig, Mount, Ulimit  # noqa: PLC0415 - an extra

    return {
        "image": order.image,
        "entrypoint": list(SHELL),
        "command": list(order.argv),
        "environment": ["HOME=/tmp", *order.variables],
        "labels": dict(owner_label()),
        "user": f"{USER}:{USER}",
        "working_dir": str(WORK),
        "mounts": [Mount(str(VOLUME), None, type="volume")],
        "network_mode": "none",
        "read_only": True,
        "tmpfs": {"/tmp": f"exec,nosuid,nodev,mode=1777,size={order.memory // 2}"},  # noqa: S108 - of the container
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": PIDS,
        "mem_limit": order.memory,
        "memswap_limit": order.memory,
        "shm_size": order.memory // 2,
        "ulimits": [Ulimit(name="core", soft=0, hard=0)],
        "log_config": LogConfig(type="none"),
        "device_requests": [DeviceRequest(count=-1, capabilities=[["gpu"]])] if order.gpus else None,
        "platform": order.platform,
    }


def _remove(client: DockerClient, name: str) -> None:
    from docker.errors import APIError, NotFound  # noqa: PLC0415 - an extra

    container: Container
    with suppress(NotFound):  # it was never made
        container = client.containers.get(name)
        with suppress(APIError):  # somebody else removes it
            container.remove(force=True, v=True)


def _end_as(code: int) -> None:
    """Ends this process as the command ended, so that a crash is told as one."""
    if code - 128 in ENDS_BY:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(code - 128, signal.SIG_DFL)
        os.kill(os.getpid(), code - 128)
    sys.exit(code)


def _order() -> Order:
    parser = argparse.ArgumentParser(prog="envgen.container.run")
    parser.add_argument("--memory", type=int, required=True)
    parser.add_argument("--gpus", action="store_true")
    parser.add_argument("--platform")
    parser.add_argument("--put", type=Path, action="append", default=[])
    parser.add_argument("--put-as", nargs=2, metavar=("HERE", "NAME"), action="append", default=[])
    parser.add_argument("--bring", nargs=2, metavar=("INSIDE", "HERE"))
    parser.add_argument("--keep", nargs=2, metavar=("INSIDE", "HERE"))
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("image")
    parser.add_argument("argv", nargs="+")
    given = parser.parse_args()
    bring, keep = ((PurePosixPath(pair[0]), Path(pair[1])) if pair else None for pair in (given.bring, given.keep))
    argv, variables = tuple(given.argv), tuple(given.set)
    files = {file.name: file for file in given.put} | {name: Path(file) for file, name in given.put_as}
    return Order(given.image, argv, given.memory, given.gpus, given.platform, files, bring, keep, variables)


if __name__ == "__main__":
    main()
