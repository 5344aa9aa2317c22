"""The exact packages of a cell, with hashes: resolved by uv into a PEP 751 `pylock.toml`."""

from envgen.lock.configuration import IndexConfiguration, read_configuration
from envgen.lock.pylock import Lock, LockedPackage, read_lock
from envgen.lock.request import LockRequest, lock_request
from envgen.lock.resolve import ENVIRONMENTS, Locker

__all__ = [
    "ENVIRONMENTS",
    "IndexConfiguration",
    "Lock",
    "LockRequest",
    "LockedPackage",
    "Locker",
    "lock_request",
    "read_configuration",
    "read_lock",
]
