"""Headers of a real torch, for the slow test of the probe."""

from __future__ import annotations

from pathlib import Path

import pytest

from envgen.index import Reader
from envgen.refresh.access import configured_access


@pytest.fixture
def torch_headers(tmp_path: Path) -> Path:
    """Those of the CPU build of torch 2.13.0 that pip is configured to find, or of the index's wheel."""
    with Reader(configured_access(), tmp_path / "pages") as reader:
        files = [file for listing in reader.listings("torch") for file in listing.files]
        wanted = [file for file in files if file.name.startswith("torch-2.13.0") and "x86_64.whl" in file.name]
        local_first = sorted(wanted, key=lambda file: file.url.startswith("http"))
        with reader.wheel(local_first[0]) as wheel:
            wheel.extract("torch/include/", tmp_path)
    return tmp_path / "torch/include"
