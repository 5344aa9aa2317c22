"""Solving conda environments in this process, for any platform."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from envgen.errors import LockError
from envgen.lock.conda.channels import ChannelSettings, gateway
from envgen.lock.conda.extra import part, settle_at_exit
from envgen.lock.conda.reasons import of_all_platforms, unreachable, unsatisfiable, unspeakable
from envgen.lock.conda.request import PlatformRequest

if TYPE_CHECKING:
    from rattler import Channel, GenericVirtualPackage, RepoDataRecord


@dataclass
class Solver:
    """Solves many requests with what it fetched once; one object per run, within one event loop.

    Attributes:
        settings: what a channel's name stands for.
        folder: what a channel that is a relative folder is relative to.
    """

    settings: ChannelSettings
    folder: Path
    _unreachable: dict[tuple[str, ...], LockError] = field(default_factory=dict)
    _turns: dict[tuple[str, ...], asyncio.Lock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settle_at_exit()
        self._gateway = gateway()

    async def solve(self, request: PlatformRequest, channels: Sequence[str]) -> list[RepoDataRecord]:
        """The records of a platform's environment.

        Raises:
            LockError: there is no solution, a channel cannot be read, or a spec is none; one sentence each.
        """
        key = tuple(channels)
        # One at a time: side by side gains nothing, and who waits for another's failure is not told why.
        async with self._turns.setdefault(key, asyncio.Lock()):
            known = self._unreachable.get(key) or self._unreachable.get((*key, request.subdir))
            if known:  # every further request gets the same answer without waiting for it
                raise known
            return await self._solve(request, channels)

    async def _solve(self, request: PlatformRequest, channels: Sequence[str]) -> list[RepoDataRecord]:
        rattler, exceptions = part("rattler"), part("rattler.exceptions")
        try:
            records: list[RepoDataRecord] = await rattler.solve(
                self.channels(channels),
                [rattler.MatchSpec(spec) for spec in request.specs],
                gateway=self._gateway,
                platforms=[request.subdir, "noarch"],
                virtual_packages=virtual_packages(request),
            )
        except exceptions.SolverError as error:
            raise unsatisfiable(request, str(error)) from None
        except exceptions.InvalidMatchSpecError as error:
            raise unspeakable(request, str(error)) from None
        except (exceptions.GatewayError, exceptions.FetchRepoDataError) as error:
            found = unreachable(channels, request, error)
            self._unreachable[(*channels, *(() if of_all_platforms(error) else (request.subdir,)))] = found
            raise found from None
        return records

    def channels(self, names: Sequence[str]) -> list[Channel]:
        return [self.settings.channel(name, self.folder) for name in names]


def virtual_packages(request: PlatformRequest) -> list[GenericVirtualPackage]:
    rattler = part("rattler")
    found = []
    for name, text in request.virtual:
        version, _, build = text.partition(" ")
        found.append(
            rattler.GenericVirtualPackage(
                rattler.PackageName(name), rattler.Version(version), rattler.BuildString(build or "0")
            )
        )
    return found
