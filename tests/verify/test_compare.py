"""Two trees compared, and what may differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from envgen.results import Outcome
from envgen.verify.compare import Allowance, allowances, compare, folder_tree
from envgen.verify.proof import judged

FIRST = {
    "/etc": "folder 0755 0:0",
    "/etc/same": "file 0644 0:0 aa",
    "/etc/text": "file 0644 0:0 bb",
    "/etc/rights": "file 0644 0:0 cc",
    "/var/log/apt.log": "file 0644 0:0 dd",
    "/gone": "link 0777 0:0 etc",
}
SECOND = {
    "/etc": "folder 0755 0:0",
    "/etc/same": "file 0644 0:0 aa",
    "/etc/text": "file 0644 0:0 b0",
    "/etc/rights": "file 0600 1:1 cc",
    "/var/log/apt.log": "file 0644 0:0 d0",
    "/new": "folder 0755 0:0",
}


def test_each_difference_is_named() -> None:
    found = compare(FIRST, SECOND, (Allowance("/var/log/*", "a log"),))
    assert list(map(str, found)) == [
        "/etc/rights: another rights and owner",
        "/etc/text: another content",
        "/gone: only in the first",
        "/new: only in the second",
        "/var/log/apt.log: another content (allowed: a log)",
    ]
    proof = judged("image", "the same", found)
    assert proof.outcome is Outcome.FAILED
    assert proof.sentence == "4 paths came out otherwise, such as /etc/rights: another rights and owner"
    assert len(proof.lines) == 4


def test_what_is_allowed_does_not_fail_but_is_counted() -> None:
    found = compare({"/a.pyc": "file 0644 - x"}, {"/a.pyc": "file 0644 - y"}, allowances("venv"))
    proof = judged("lock", "1 path is the same", found)
    assert proof.outcome is Outcome.PASSED
    assert proof.sentence == "1 path is the same; 1 differ for 1 documented reason"


def test_equal_trees_have_no_difference() -> None:
    assert compare(FIRST, FIRST, ()) == ()


@pytest.mark.parametrize("of", ["image", "venv"])
def test_every_allowance_has_its_reason(of: str) -> None:
    found = allowances(of)
    assert found
    assert all(each.path and len(each.reason) > 20 for each in found)
    assert not any(each.path in ("*", "/*") for each in found)


def test_a_folder_as_a_tree(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "run").write_text("x")
    (tmp_path / "bin" / "run").chmod(0o750)
    (tmp_path / "link").symlink_to("bin/run")
    tree = folder_tree(tmp_path)
    assert tree["/bin/run"].startswith("file 0750 - 2d711642b726b044")
    assert tree["/link"].split()[0] == "link"
    assert tree["/link"].endswith("bin/run")
    (tmp_path / "bin" / "run").write_text("y")
    assert [difference.path for difference in compare(tree, folder_tree(tmp_path), ())] == ["/bin/run"]
