"""Code that runs as an ordinary user: root reads and writes everything."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

_BECOME = """\
import os, pathlib, tempfile
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
folder = pathlib.Path(tempfile.mkdtemp())
"""


def run_as_ordinary_user(imports: str, code: str) -> None:
    """Runs `code` in a process of its own, with `folder` as an empty folder of its user.

    Args:
        imports: done while the process may still read root's folders.
    """
    bare = {name: value for name, value in os.environ.items() if name != "TMPDIR"}  # a folder of everybody's
    script = f"{imports}\n{_BECOME}{textwrap.dedent(code)}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=bare)
    assert done.returncode == 0, done.stderr
