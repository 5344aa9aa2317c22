"""The Docker SDK, for the programs that talk to the engine: its errors in words."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docker import DockerClient

TIMEOUT = 600  # seconds; an engine that writes an image answers late
NO_CONTAINER = 125  # the exit code of docker's own client, when it is not the command that failed


@contextmanager
def connected() -> Iterator[DockerClient]:
    """The engine that DOCKER_HOST names.

    What it refuses ends the program with one sentence; a signal to end does so in order.
    """
    import docker  # noqa: PLC0415 - an extra
    from requests.exceptions import RequestException  # noqa: PLC0415

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    try:
        client = docker.from_env(timeout=TIMEOUT)
        try:
            yield client
        finally:
            client.close()
    except docker.errors.APIError as error:
        _complain(f"the container engine refused: {error.explanation or error}")
    except (docker.errors.DockerException, RequestException) as error:
        _complain(f"the container engine does not answer: {_cause(error)}")


def _cause(error: BaseException) -> str:
    """What the system said, under the wraps of several libraries; else what the outermost of them says."""
    inner: object = error
    while isinstance(inner, BaseException):
        if isinstance(inner, OSError) and inner.strerror and inner.errno:
            return inner.strerror
        inner = inner.__cause__ or inner.__context__ or (inner.args[-1] if inner.args else None)
    return " ".join(str(error).split())


def _complain(sentence: str) -> None:
    print(f"error: {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - a program that the ladder runs
    sys.exit(NO_CONTAINER)


def _end(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # what is under way is removed once
    sys.exit(128 + number)
