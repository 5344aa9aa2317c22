"""The image again: built twice without a cache, and compared file by file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import cast

from envgen.environment import DockerEnvironment, Unavailable
from envgen.results import Outcome
from envgen.run.bench import Bench
from envgen.run.told import beside_the_cell
from envgen.verify.compare import Tree, allowances, compare
from envgen.verify.proof import Proof, judged

IMAGE = "image"


def prove_image(environment: DockerEnvironment, copy_source: Callable[[], None], bench: Bench) -> Proof:
    """Builds twice from nothing but the base image.

    Args:
        copy_source: puts the extension's source where the environment wants it.

    Raises:
        Interrupted: the user asked to stop.
    """
    trees = []
    try:
        copy_source()
        environment.prepare()
        for number in ("first", "second"):
            id_file, answer = (bench.scratch / f"{number}.{kind}" for kind in ("id", "json"))
            answer.unlink(missing_ok=True)
            # made once: uv notes when a local file was made
            basis = environment.basis() if number == "first" else ()
            for command in (*basis, *environment.proving(id_file, answer)):
                ending = bench.run(command)
                if not ending.ok:
                    if reason := beside_the_cell(bench.log):
                        raise Unavailable(reason)
                    return Proof(IMAGE, Outcome.FAILED, bench.why(ending, f"the {number} image was built"))
            trees.append(_read(answer))
    except Unavailable as reason:
        return Proof(IMAGE, Outcome.NOT_RUN, str(reason))
    differences = compare(trees[0], trees[1], allowances("image"))
    return judged(IMAGE, f"built twice without a cache: {len(trees[0])} paths are the same", differences)


def _read(answer: Path) -> Tree:
    return cast("Tree", json.loads(answer.read_text(encoding="utf-8")))
