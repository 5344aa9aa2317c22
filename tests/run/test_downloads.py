"""What is shown while an environment's files are fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from envgen.run.downloads import downloads

BEGUN = "Using Python 3.12\nDownloading torch (500.0MiB)\nDownloading triton (250.0MiB)\nDownloading sympy (2.0MiB)\n"
ENDED = " Downloaded sympy\n Downloaded torch\n Downloaded triton\nPrepared 3 packages in 1s\n"


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        (BEGUN, "0 of 3 downloads, 0.0 of 0.8 GB"),
        (BEGUN + " Downloaded sympy\n Downloaded torch\n", "2 of 3 downloads, 0.5 of 0.8 GB"),
        (BEGUN + ENDED, "Prepared 3 packages in 1s"),
        ("$ uv venv\nCreating virtual environment at: venv\n", "Creating virtual environment at: venv"),
        ("", ""),
    ],
)
def test_downloads_are_counted(tmp_path: Path, log: str, shown: str) -> None:
    file = tmp_path / "created.log"
    file.write_text(log, encoding="utf-8")
    assert downloads(file) == shown
