"""Further files of a conda lock: lists for conda itself, and a lock for pixi."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import partial
from pathlib import Path

from envgen.files import write_atomically
from envgen.lock.conda.channels import ChannelSettings
from envgen.lock.conda.document import read_lockfile
from envgen.lock.conda.extra import part
from envgen.lock.conda.locker import Solved
from envgen.lock.conda.request import CondaRequest

PIXI = "pixi.lock"
Writer = Callable[[CondaRequest, Path, Mapping[str, Solved]], None]


class Further(StrEnum):
    """What may be written beside conda-lock.yml."""

    EXPLICIT = "explicit"
    PIXI = "pixi"


def writer(wanted: frozenset[Further], settings: ChannelSettings, root: Path) -> Writer:
    """What writes the wanted files of a lock, and again those that lie beside one that was made anew."""
    return partial(_write, wanted=wanted, settings=settings, root=root)


def _write(
    request: CondaRequest,
    path: Path,
    solved: Mapping[str, Solved],
    *,
    wanted: frozenset[Further],
    settings: ChannelSettings,
    root: Path,
) -> None:
    again = frozenset(_there(path)) if solved else frozenset()
    if Further.EXPLICIT in wanted | again:
        _write_explicit(path)
    if solved and Further.PIXI in wanted | again:  # a lock alone does not tell what pixi's has
        _write_pixi(request, path, solved, [settings.channel(name, root).base_url for name in request.channels])


def _there(path: Path) -> Iterator[Further]:
    if any(path.parent.glob("conda-*.lock")):
        yield Further.EXPLICIT
    if path.with_name(PIXI).exists():
        yield Further.PIXI


def _write_explicit(path: Path) -> None:
    """`conda-PLATFORM.lock`, as `conda-lock render` writes it: for `conda create --file`."""
    render = part("conda_lock.conda_lock").render_lockfile_for_platform
    for platform in read_lockfile(path).metadata.platforms:
        lines = render(
            lockfile=read_lockfile(path),
            include_dev_dependencies=False,
            extras=None,
            kind="explicit",
            platform=platform,
            suppress_warning_for_pip_and_explicit=True,
        )
        write_atomically(path.with_name(f"conda-{platform}.lock"), "\n".join(lines) + "\n")


def _write_pixi(request: CondaRequest, path: Path, solved: Mapping[str, Solved], channels: list[str]) -> None:
    """pixi.lock of a lock whose platforms were all solved now, by conda alone; otherwise none, and no old one."""
    target = path.with_name(PIXI)
    target.unlink(missing_ok=True)
    if set(read_lockfile(path).metadata.platforms) != set(solved) or any(
        platform.pip for platform in request.platforms
    ):
        return
    rattler = part("rattler")
    platforms = {
        platform.subdir: rattler.LockPlatform(
            platform.subdir,
            virtual_packages=[f"{name}={text.replace(' ', '=')}" for name, text in platform.virtual],
        )
        for platform in request.platforms
    }
    lock = rattler.LockFile(list(platforms.values()))
    lock.set_channels("default", [rattler.LockChannel(channel) for channel in channels])
    of_lock = {platform.name: platform for platform in lock.platforms()}
    for platform, found in solved.items():
        for record in found.records:
            lock.add_conda_package("default", of_lock[platform], record)
    lock.to_path(target)
