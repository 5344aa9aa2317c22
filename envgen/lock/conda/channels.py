"""Where channels are, by the user's own configuration of conda and of the tools built on rattler.

conda's: `channel_alias` and `custom_channels` of its .condarc files, and CONDA_CHANNEL_ALIAS. Rattler's and pixi's
config.toml: mirrors, proxies, certificates. A mirror leaves the addresses in a lock as they are; an alias is in them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import yaml

from envgen.errors import LockError
from envgen.lock.conda.extra import part

if TYPE_CHECKING:
    from rattler import Channel, Gateway


@dataclass(frozen=True)
class ChannelSettings:
    """What a channel's name stands for.

    Attributes:
        alias: the address before a channel's name; empty for the solver's own default.
        custom: channel to the address before its name.
    """

    alias: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)

    def channel(self, text: str, folder: Path) -> Channel:
        """A channel by its name, address or folder.

        Args:
            folder: what a relative folder is relative to.

        Raises:
            LockError: it is none of them.
        """
        rattler = part("rattler")
        base = self.custom.get(text.partition("/")[0])
        address = f"{base.rstrip('/')}/{text}" if base else text
        configured = part("rattler.config").Config.load_from_default_locations("pixi").channel_config
        settings = rattler.ChannelConfig(f"{self.alias.rstrip('/')}/", str(folder)) if self.alias else configured
        if address.startswith(("./", "../")):
            address = (folder / address).resolve().as_uri()
        try:
            channel: Channel = rattler.Channel(address, settings)
        except (part("rattler.exceptions").InvalidChannelError, ValueError) as error:
            raise LockError(
                f"{text!r} is not a channel: {error}.", "Give a channel's name, its address or a folder."
            ) from None
        return channel


def read_channel_settings(environ: Mapping[str, str] | None = None) -> ChannelSettings:
    """conda's configuration from its files and variables; later ones win."""
    environ = os.environ if environ is None else environ
    alias, custom = "", dict[str, str]()
    for file in _condarc_files(environ):
        try:
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            continue  # conda itself reports its broken file
        if isinstance(content, dict):
            alias = str(content.get("channel_alias") or alias)
            named = content.get("custom_channels")
            custom |= {str(name): str(base) for name, base in named.items()} if isinstance(named, dict) else {}
    return ChannelSettings(os.path.expandvars(environ.get("CONDA_CHANNEL_ALIAS") or alias), custom)


def _condarc_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """In the order in which later ones win, as conda documents its search path."""
    yield Path("/etc/conda/.condarc")
    for root in (environ.get("CONDA_ROOT"), environ.get("CONDA_PREFIX")):
        if root:
            yield Path(root) / ".condarc"
    yield Path(platformdirs.user_config_dir("conda", appauthor=False)) / ".condarc"
    yield Path.home() / ".conda" / ".condarc"
    yield Path.home() / ".condarc"
    if environ.get("CONDARC"):
        yield Path(environ["CONDARC"])


def gateway() -> Gateway:
    """What fetches channels, with the mirrors, proxies and certificates of rattler's own configuration."""
    rattler = part("rattler")
    config = part("rattler.config").Config.load_from_default_locations("pixi")
    fetching: Gateway = rattler.Gateway.from_config(config)
    return fetching
