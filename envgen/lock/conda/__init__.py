"""conda-lock.yml for cells, solved in this process: no conda, mamba or micromamba has to be there."""

from envgen.lock.conda.channels import ChannelSettings, read_channel_settings
from envgen.lock.conda.document import DamagedCondaLockError, read_lockfile
from envgen.lock.conda.locker import CONDA, CondaLocker, Outcome
from envgen.lock.conda.pip_part import PipPart
from envgen.lock.conda.request import CondaRequest, PlatformRequest, conda_requests

__all__ = [
    "CONDA",
    "ChannelSettings",
    "CondaLocker",
    "CondaRequest",
    "DamagedCondaLockError",
    "Outcome",
    "PipPart",
    "PlatformRequest",
    "conda_requests",
    "read_channel_settings",
    "read_lockfile",
]
