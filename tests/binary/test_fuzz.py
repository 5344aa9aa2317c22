"""Whatever a file says of itself: facts or one sentence, within bounds, and never anything else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.binary.reading import read_all
from tests.binary.seeds import sound_files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sound files are made by a compiler for ELF")
LIMIT = 2 << 30  # bytes of address space, of which the interpreter itself takes a part


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return sound_files(tmp_path_factory.mktemp("seeds"))


def test_sound_files_are_read(seeds: list[bytes]) -> None:
    assert [read_all(seed) for seed in seeds] == [""] * len(seeds)


@pytest.mark.parametrize("start", range(0, 1200, 300))
def test_damaged_files(start: int, seeds: list[bytes]) -> None:
    from tests.binary.damage import mutations

    reasons = {read_all(content) for content in mutations(seeds, 300, start)}
    assert len(reasons) > 10  # many kinds of damage were found, and each was said
    assert all(reason.isprintable() for reason in reasons)


@pytest.mark.fuzz
def test_ten_thousand_damaged_files_in_a_process_with_little_memory(tmp_path: Path) -> None:
    script = Path(__file__).with_name("fuzz_child.py")
    command = [sys.executable, str(script), str(tmp_path), "10000", str(LIMIT)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=600, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("10000 ")
