"""One binary before its judges: what it is, what is known, and what follows from both for every target alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from packaging.version import Version

from envgen.compat.records import Platform
from envgen.prediction.knowledge import Knowledge
from envgen.prediction.subject import Subject
from envgen.symbols import Presence


@dataclass(frozen=True)
class StableSpan:
    """The releases whose C shim has what a binary takes.

    Attributes:
        floor: the oldest that is known to have it; all later ones have it too. None when none is.
        without: the newest that is known not to have it; nor have those before.
    """

    floor: Version | None
    without: Version | None


@dataclass(frozen=True, eq=False)
class Case:
    """A binary, and what it is judged by."""

    subject: Subject
    knowledge: Knowledge

    @cached_property
    def platform(self) -> Platform | None:
        """What the binary is for; None when that is no machine that has torch."""
        binary = self.subject.binary
        return Platform.of(binary.format.family, binary.arch) if binary.arch else None

    @cached_property
    def presence(self) -> Presence | None:
        """What the releases for its platform have of what it takes; None without a platform."""
        return self.knowledge.symbols.look_up(self.platform, self.subject.torch_names) if self.platform else None

    @cached_property
    def candidates(self) -> tuple[Version, ...]:
        """The releases that the binary can have been compiled against, ascending.

        That is the one that is known; or all that have what it takes, and wheels for its Python.
        """
        if self.subject.built_with is not None:
            return (self.subject.built_with,)
        return tuple(filter(self._published, self._complete(self.presence))) if self.presence else ()

    @cached_property
    def groups(self) -> frozenset[str]:
        """The groups of torch's types whose layout is compiled into the binary."""
        return self.knowledge.symbols.groups.used_by(self.subject.torch_names)

    @cached_property
    def stable_span(self) -> StableSpan | None:
        """Where torch's C shim has what the binary takes from it, known from all platforms, for it is one for all.

        None when it takes anything else of torch's.
        """
        if not self.subject.stable:
            return None
        names = self.subject.torch_names
        looked_up = [self.knowledge.symbols.look_up(platform, names) for platform in Platform]
        complete = [release for presence in looked_up for release in self._complete(presence)]
        floor = min(complete, default=None)
        known = (release for presence in looked_up for release in presence.releases)
        older = max((release for release in known if floor is None or release < floor), default=None)
        return StableSpan(floor, older)

    def missing(self, torch: Version, *, with_cuda: bool) -> tuple[str, ...] | None:
        """The names that a release does not define; None when that is not known."""
        return self.presence.missing(torch, with_cuda=with_cuda) if self.presence else None

    def _published(self, torch: Version) -> bool:
        """Whether a release has wheels for the one Python that the binary is for."""
        release, python = self.knowledge.facts.torch.get(torch), self.subject.for_python
        if release is None or python is None or self.platform is None:
            return True
        wheels = release.wheels.get(self.platform)
        return wheels is not None and python in wheels.pythons

    def _complete(self, presence: Presence) -> tuple[Version, ...]:
        return tuple(release for release in presence.releases if presence.missing(release, with_cuda=True) == ())
