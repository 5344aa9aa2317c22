"""What became of a build that failed for a reason that is not the extension's own, in one sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """What a build said; `{name}` in the sentence stands for the pattern's group of that name, or the platform."""

    pattern: re.Pattern[str]
    sentence: str


# The telling ones first. As said by BuildKit of Docker 20.10 to 28 and by buildah.
TROUBLES = (
    Trouble(
        re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE),
        "there is no space left on the disk of the container engine",
    ),
    Trouble(
        re.compile(
            r"> \[internal\] load metadata for (?P<image>\S+):$(?s:.*)^.*?(?:failed to do request: \w+ \S+ |[:.] )"
            r"(?P<cause>(?:dial|lookup|net/http|proxyconnect|x509|tls|remote error)\b.*)$",
            re.MULTILINE,
        ),
        "the base image {image}{platform} could not be pulled ({cause}); name another with --base-image OS=IMAGE",
    ),
    Trouble(
        re.compile(r"> \[internal\] load metadata for (?P<image>\S+):$", re.MULTILINE),
        "there is no base image {image}{platform} that may be pulled; name another with --base-image OS=IMAGE",
    ),
    Trouble(
        re.compile(r"(?:initializing source|copy from source) docker://(?P<image>\S+): (?P<cause>.*)"),
        "the base image {image}{platform} could not be pulled ({cause}); name another with --base-image OS=IMAGE",
    ),
    Trouble(
        re.compile(r"exec format error", re.IGNORECASE),
        "the base image is for another processor, and there is no emulation of it here",
    ),
    Trouble(
        re.compile(
            r"Cannot connect to the Docker daemon|error during connect|(?:code = |solve: )Unavailable\b"
            r"|connection refused$"
        ),
        "the container engine ended in the middle of the build",
    ),
)


# What a failed step said is told again at the end, between rules.
STEP = re.compile(r"^-+\n > \[.*\n(?P<said>(?:(?!-----).*\n)+?)-----", re.MULTILINE)
TELLING = re.compile(r"(?:[eE]rror|Exception|fatal|cannot open shared object): ")
COMPLAINT = re.compile(r"E: |ERROR: |fatal: ")  # apt, pip, git

REFUSED = re.compile(
    r"(?:executor failed running \[.*\]|did not complete successfully): (?!exit code)(.+)$", re.MULTILINE
)


def explain(said: str, platform: str = "") -> str:
    """The sentence for what a failed build printed; nothing when it tells of its trouble by itself.

    Args:
        platform: that was asked for, where it is not the engine's own; an image may be here for another one only.
    """
    asked = f" for {platform}" if platform else ""
    for trouble in TROUBLES:
        if found := trouble.pattern.search(said):
            return trouble.sentence.format(platform=asked, **found.groupdict())
    step = STEP.search(said)
    lines = step["said"].split("\n") if step else []
    if any(TELLING.search(line) for line in lines):
        return ""  # a compiler, or Python, says it better
    if not lines:
        refused = REFUSED.findall(said)
        return f"a step could not be run: {refused[-1]}" if refused else ""
    complaints = [line for line in lines if COMPLAINT.match(line)] or lines
    return complaints[-1]
