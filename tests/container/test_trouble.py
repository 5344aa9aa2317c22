"""What builds said when they failed, word for word, and the sentence made of it."""

from __future__ import annotations

import pytest

from envgen.container.trouble import explain

NO_HOST = """\
[internal] load metadata for docker.io/library/debian:bookworm-slim
ERROR: failed to do request: Head "https://registry.example/v2/library/debian/manifests/bookworm-slim": \
dial tcp: lookup registry.example on 192.0.2.53:53: no such host
------
 > [internal] load metadata for docker.io/library/debian:bookworm-slim:
------
failed to solve with frontend dockerfile.v0: failed to create LLB definition: failed to do request: \
Head "https://registry.example/v2/library/debian/manifests/bookworm-slim": \
dial tcp: lookup registry.example on 192.0.2.53:53: no such host
"""
NOT_FOUND = """\
------
 > [internal] load metadata for registry.example/team/base:9:
------
ERROR: failed to solve: registry.example/team/base:9: pull access denied, repository does not exist or may require \
authorization: server message: insufficient_scope: authorization failed
"""
NO_SPACE = """\
------
 > [builder 3/4] RUN make:
fatal error: error writing to /tmp/ccX.s: No space left on device
------
ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2
"""
NO_BRIDGE = """\
------
 > [toolchain 2/4] RUN apt-get update:
------
ERROR: failed to solve: executor failed running [/bin/sh -c apt-get update]: network bridge not found
"""
APT = """\
------
 > [toolchain 2/4] RUN apt-get install nothing:
Reading package lists...
E: Unable to locate package nothing
------
executor failed running [/bin/sh -c apt-get install nothing]: exit code: 100
"""
COMPILER = """\
------
 > [builder 3/4] RUN python build.py:
broken.c:2:10: error: 'x' undeclared
CalledProcessError: Command 'cc' returned non-zero exit status 1.
------
executor failed running [/bin/sh -c python build.py]: exit code: 1
"""


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            NO_HOST,
            "the base image docker.io/library/debian:bookworm-slim could not be pulled"
            " (dial tcp: lookup registry.example on 192.0.2.53:53: no such host);"
            " name another with --base-image OS=IMAGE",
        ),
        (
            NOT_FOUND,
            "there is no base image registry.example/team/base:9 that may be pulled;"
            " name another with --base-image OS=IMAGE",
        ),
        (NO_SPACE, "there is no space left on the disk of the container engine"),
        (NO_BRIDGE, "a step could not be run: network bridge not found"),
        (APT, "E: Unable to locate package nothing"),
        (COMPILER, ""),
        (
            "exec /bin/sh: exec format error",
            "the base image is for another processor, and there is no emulation of it here",
        ),
        (
            "ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
            "the container engine ended in the middle of the build",
        ),
        (
            "ERROR: failed to solve: Unavailable: error reading from server: read unix @->/var/run/docker.sock: "
            "read: connection reset by peer",
            "the container engine ended in the middle of the build",
        ),
        ("", ""),
    ],
)  # fmt: skip
def test_the_sentence(said: str, sentence: str) -> None:
    assert explain(said) == sentence


def test_an_image_that_is_here_for_another_processor_only() -> None:
    assert explain(NO_HOST, "linux/arm64").startswith(
        "the base image docker.io/library/debian:bookworm-slim for linux/arm64 could not be pulled ("
    )
