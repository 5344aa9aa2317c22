"""conda-lock.yml files of other projects, read and written back."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from envgen.lock.conda import DamagedCondaLockError, read_lockfile
from envgen.lock.conda.document import text_of
from tests.conda.channels import DATA

SAMPLES = sorted((DATA / "locks").glob("*.xz"))


def below_the_comment(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_real_lock_round_trips(sample: Path, tmp_path: Path) -> None:
    text = lzma.decompress(sample.read_bytes()).decode()
    path = tmp_path / "conda-lock.yml"
    path.write_text(text, encoding="utf-8")
    lockfile = read_lockfile(path)
    assert len(lockfile.package) > 100
    assert text_of(lockfile) == below_the_comment(text)


def test_there_are_samples() -> None:
    assert len(SAMPLES) == 2


@pytest.mark.parametrize(
    "text", ["", "a: [", "version: 1\n", "version: 1\nmetadata: {}\npackage: []\n", "\x00", "[1]\n"]
)
def test_what_is_no_lock_is_said_so(text: str, tmp_path: Path) -> None:
    path = tmp_path / "conda-lock.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DamagedCondaLockError, match="is not a usable conda lock"):
        read_lockfile(path)
