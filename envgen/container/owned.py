"""Containers that know who made them, so that what a killed run left behind is found and removed."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from docker import DockerClient

OWNER = "dev.envgen.owner"  # the process that removes the container, as the labels of one say


def owner_label() -> Mapping[str, str]:
    """The label that names this process: its machine, its number, and when it started, for numbers come again."""
    return {OWNER: f"{platform.node()} {os.getpid()} {psutil.Process().create_time()}"}


def sweep(client: DockerClient) -> int:
    """Removes the containers of envgen whose process on this machine is gone.

    Returns:
        How many there were.
    """
    from docker.errors import APIError  # noqa: PLC0415 - an extra

    removed = 0
    for container in client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True):
        if _is_orphan(container.labels[OWNER]):
            with suppress(APIError):  # another envgen is at it
                container.remove(force=True, v=True)
                removed += 1
    return removed


def _is_orphan(owner: str) -> bool:
    try:
        machine, number, started = owner.rsplit(" ", 2)
        process = int(number), float(started)
    except ValueError:
        return False
    if machine != platform.node():
        return False
    try:
        return psutil.Process(process[0]).create_time() != process[1]
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False
