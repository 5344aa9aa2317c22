"""The exact packages of a cell, with hashes: resolved by uv into a PEP 751 `pylock.toml`."""

from envgen.lock.build_constraints import BUILD_CONSTRAINTS, STUB_MIRROR, build_constraints
from envgen.lock.configuration import IndexConfiguration, read_configuration
from envgen.lock.moves import Move, moves, same_moves
from envgen.lock.pep751 import Origin, Source
from envgen.lock.pylock import DamagedLockError, Lock, LockedPackage, read_lock
from envgen.lock.request import LockRequest, SourceRequest, lock_request
from envgen.lock.requirements import has_requirements, requirements_text, stale_requirements, write_requirements
from envgen.lock.resolve import ENVIRONMENTS, Kept, Locker

__all__ = [
    "BUILD_CONSTRAINTS",
    "ENVIRONMENTS",
    "STUB_MIRROR",
    "DamagedLockError",
    "IndexConfiguration",
    "Kept",
    "Lock",
    "LockRequest",
    "LockedPackage",
    "Locker",
    "Move",
    "Origin",
    "Source",
    "SourceRequest",
    "build_constraints",
    "has_requirements",
    "lock_request",
    "moves",
    "read_configuration",
    "read_lock",
    "requirements_text",
    "same_moves",
    "stale_requirements",
    "write_requirements",
]
