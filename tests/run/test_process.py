"""Commands under the guard, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest

from envgen.command import Command
from envgen.run import guard
from envgen.run.process import LOG_LIMIT, Bounds, Ending, Interrupt, last_line, run_command, signal_name, tail

from .project import processes_of, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups are POSIX's")

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans to the guard")
SLEEP = "import time; time.sleep(600)"

# A child that leaves its session and its parent: what a daemon does.
DOUBLE_FORK = """\
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        {body}
        time.sleep(600)
    os._exit(0)
os.wait()
"""


def python(folder: Path, code: str, **variables: str | None) -> Command:
    return Command((sys.executable, "-c", textwrap.dedent(code)), folder, variables)


def run(
    command: Command,
    *,
    timeout: float = 30.0,
    memory: int | None = None,
    log: int = LOG_LIMIT,
    interrupt: Interrupt | None = None,
) -> Ending:
    return run_command(command, command.cwd / "it.log", Bounds(timeout, memory, log), interrupt or Interrupt())


def log_of(folder: Path) -> str:
    return (folder / "it.log").read_text()


def test_an_exit_code_is_kept_and_both_outputs_are_logged(tmp_path: Path) -> None:
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(7)"
    ending = run(python(tmp_path, code))
    assert (ending.kind, ending.returncode, ending.ok) == ("exit", 7, False)
    head, *said = log_of(tmp_path).splitlines()
    assert head.startswith(f"$ {sys.executable} -c 'import sys;")
    assert said == ["out", "err"]


def test_a_good_ending(tmp_path: Path) -> None:
    ending = run(python(tmp_path, "import time; time.sleep(0.4)"))
    assert ending.ok
    assert 0.4 <= ending.seconds < 5
    assert ending.peak > 1_000_000


def test_a_log_is_appended_to(tmp_path: Path) -> None:
    run(python(tmp_path, "print('first')"))
    run(python(tmp_path, "print('second')"))
    assert [line for line in log_of(tmp_path).splitlines() if not line.startswith("$ ")] == ["first", "second"]


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL"])
def test_a_signal_is_named(tmp_path: Path, name: str) -> None:
    ending = run(python(tmp_path, f"import os, signal; os.kill(os.getpid(), signal.{name})"))
    assert ending.kind == "exit"
    assert signal_name(ending.returncode) == name


def test_a_real_crash(tmp_path: Path) -> None:
    assert signal_name(run(python(tmp_path, "import ctypes; ctypes.string_at(0)")).returncode) == "SIGSEGV"


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    ending = run(Command(("envgen-no-such-program",), tmp_path))
    assert (ending.kind, ending.ok) == ("not started", False)
    assert "No such file or directory: 'envgen-no-such-program'" in ending.why


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    command = Command((sys.executable, "-c", ""), tmp_path / "gone")
    ending = run_command(command, tmp_path / "it.log", Bounds(30, None), Interrupt())
    assert ending.kind == "not started"
    assert "gone" in ending.why


def test_too_slow(tmp_path: Path) -> None:
    started = time.monotonic()
    ending = run(python(tmp_path, SLEEP), timeout=0.5)
    assert (ending.kind, ending.ok) == ("timeout", False)
    assert time.monotonic() - started < 10


def test_one_that_ignores_being_asked_is_killed(tmp_path: Path) -> None:
    ending = run(
        python(tmp_path, f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"), timeout=0.5
    )
    assert ending.kind == "timeout"
    assert not processes_of(tmp_path)


def test_too_large(tmp_path: Path) -> None:
    ending = run(python(tmp_path, "held = [bytearray(b'x' * 2**20) for _ in range(100_000)]"), memory=200_000_000)
    assert ending.kind == "memory"
    assert ending.peak > 200_000_000


def test_too_talkative(tmp_path: Path) -> None:
    """The log keeps its limit; a command that goes on writing while it is ended adds nothing."""
    (tmp_path / "it.log").write_text("earlier\n")
    ending = run(python(tmp_path, "while True: print('x' * 1000)"), log=2_000_000)
    assert (ending.kind, ending.ok) == ("log", False)
    assert (tmp_path / "it.log").stat().st_size == 2_000_000
    assert log_of(tmp_path).startswith("earlier\n$ ")
    assert run(python(tmp_path, "print('short')"), log=3_000_000).ok


def test_memory_is_that_of_all_processes_together(tmp_path: Path) -> None:
    code = """\
        import subprocess, sys
        hold = "held = bytearray(b'x' * 60_000_000); import time; time.sleep(600)"
        children = [subprocess.Popen([sys.executable, "-c", hold]) for _ in range(4)]
        children[0].wait()
    """
    ending = run(python(tmp_path, code), memory=200_000_000)
    assert ending.kind == "memory"
    assert not processes_of(tmp_path)


def test_memory_of_a_process_that_hides_what_it_shares_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def hides(process: psutil.Process) -> None:
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "memory_full_info", hides)
    assert guard._share(psutil.Process()) > 10_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells how much of its pages a process shares")
def test_memory_that_forked_workers_share_counts_once(tmp_path: Path) -> None:
    code = """\
        import os, time
        held, workers = bytearray(b"x" * 60_000_000), []
        for _ in range(5):
            if not (worker := os.fork()):
                time.sleep(2)
                os._exit(0)
            workers.append(worker)
        for worker in workers:
            os.waitpid(worker, 0)
    """
    ending = run(python(tmp_path, code), memory=200_000_000)
    assert ending.ok, log_of(tmp_path)
    assert ending.peak < 200_000_000


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}])", id="child"),
        pytest.param(
            f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)",
            id="own session",
            marks=LINUX,
        ),
        pytest.param(DOUBLE_FORK.format(body="pass"), id="double-forked", marks=LINUX),
        pytest.param(
            DOUBLE_FORK.format(body="import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)") + "time.sleep(0.5)",
            id="double-forked and deaf",
            marks=LINUX,
        ),
    ],
)
def test_what_a_command_leaves_running_is_ended(tmp_path: Path, code: str) -> None:
    ending = run(python(tmp_path, code))
    assert ending.ok
    assert not processes_of(tmp_path)


@LINUX
def test_what_ended_long_ago_is_not_waited_for(tmp_path: Path) -> None:
    """Zombies: adopted, ended, and to be reaped by the guard."""
    code = DOUBLE_FORK.format(body="os._exit(0)") + "time.sleep(0.3)\n"
    started = time.monotonic()
    assert run(python(tmp_path, code)).ok
    assert time.monotonic() - started < 2.5


def test_an_interrupt_ends_it(tmp_path: Path) -> None:
    interrupt = Interrupt()
    threading.Timer(0.5, interrupt.set).start()
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); {SLEEP}"
    assert run(python(tmp_path, code), interrupt=interrupt).kind == "abandoned"
    assert not processes_of(tmp_path)


@LINUX
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_a_killed_envgen_leaves_no_orphan(tmp_path: Path, name: str) -> None:
    work = DOUBLE_FORK.format(body="pass") + SLEEP
    code = f"""\
        from pathlib import Path
        from envgen.command import Command
        from envgen.run.process import Bounds, Interrupt, run_command
        import sys
        command = Command((sys.executable, "-c", {work!r}), Path({str(tmp_path)!r}))
        run_command(command, Path({str(tmp_path / "it.log")!r}), Bounds(600, None), Interrupt())
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)])
    wait_until(lambda: len(_sleepers(tmp_path)) == 2)
    parent.send_signal(signal.Signals[name])
    parent.wait(10)
    wait_until(lambda: not processes_of(tmp_path))


@LINUX
def test_a_guard_that_is_asked_to_end_ends_its_command(tmp_path: Path) -> None:
    endings: list[Ending] = []
    thread = threading.Thread(target=lambda: endings.append(run(python(tmp_path, SLEEP))))
    thread.start()
    wait_until(lambda: _sleepers(tmp_path))
    guard = _sleepers(tmp_path)[0].parent()
    assert guard is not None
    guard.terminate()
    thread.join(10)
    assert [ending.kind for ending in endings] == ["lost"]
    assert not processes_of(tmp_path)


@LINUX
@pytest.mark.parametrize(
    "code",
    [
        pytest.param(f"import os; os.kill(os.getppid(), 9); {SLEEP}", id="command"),
        pytest.param(
            "import os\nguard = os.getppid()\n"
            + DOUBLE_FORK.format(body="import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.kill(guard, 9)")
            + SLEEP,
            id="what it left",
        ),
    ],
)
def test_a_command_that_kills_its_parent_leaves_no_orphan(tmp_path: Path, code: str) -> None:
    ending = run(python(tmp_path, code))
    assert (ending.kind, ending.ok) == ("lost", False)
    assert not processes_of(tmp_path)


@LINUX
def test_a_command_whose_guard_is_killed_from_above_is_ended(tmp_path: Path) -> None:
    """The one of the guard's processes that envgen started; the other sees its input close."""
    code = f"import os, psutil; psutil.Process(os.getppid()).parent().kill(); {SLEEP}"
    assert run(python(tmp_path, code)).kind == "lost"
    assert not processes_of(tmp_path)


def test_what_is_set_for_the_command_does_not_reach_the_guard(tmp_path: Path) -> None:
    """An extension may have a module of any name, and its folder comes first on the command's path."""
    (tmp_path / "psutil.py").write_text("print('the extension has it')")
    assert run(python(tmp_path, "import psutil", PYTHONPATH=str(tmp_path))).ok
    assert log_of(tmp_path).splitlines()[-1] == "the extension has it"


def test_variables_are_set_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINY_GONE", "1")
    monkeypatch.setenv("TINY_KEPT", "2")
    code = "import os; print([os.environ.get(f'TINY_{name}') for name in ('GONE', 'KEPT', 'NEW')])"
    run(python(tmp_path, code, TINY_GONE=None, TINY_NEW="ünï"))
    assert log_of(tmp_path).splitlines()[-1] == "[None, '2', 'ünï']"


def test_a_program_is_looked_for_on_the_path_of_the_command(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "envgen-test-program"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho found\n")
    program.chmod(0o755)
    path = os.pathsep.join([str(program.parent), os.environ["PATH"]])
    assert run(Command((program.name,), tmp_path, {"PATH": path})).ok
    assert log_of(tmp_path).endswith("found\n")


def test_names_that_are_not_text_and_long_orders(tmp_path: Path) -> None:
    odd = os.fsdecode(b"caf\xe9")
    code = "import os, sys; print(os.fsencode(sys.argv[1]), len(os.environ['TINY_LONG']))"
    command = Command((sys.executable, "-c", code, odd), tmp_path, {"TINY_LONG": "x" * 100_000})
    assert run(command).ok
    assert (tmp_path / "it.log").read_bytes().endswith(b"b'caf\\xe9' 100000\n")


def test_the_newest_line_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    code = (
        "import time; print('[1/2] one', flush=True); time.sleep(1.2); print('10%\\r90%', flush=True); time.sleep(1.2)"
    )
    log = tmp_path / "it.log"
    run_command(python(tmp_path, code), log, Bounds(30, None), Interrupt(), lambda: told.append(last_line(log)))
    assert list(dict.fromkeys(told)) == ["[1/2] one", "90%"]


def test_tail_of_a_long_log(tmp_path: Path) -> None:
    log = tmp_path / "it.log"
    log.write_bytes(b"".join(b"%d " % number + b"x" * 1000 + b"\n" for number in range(100)) + b"\xff\n")
    lines = tail(log, lines=3, width=10)
    assert len(lines) == 3
    assert lines[-1] == "�"
    assert all(len(line) <= 10 for line in lines)
    assert tail(tmp_path / "gone") == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("$ make\n", ""),
        ("$ make\none\n\n  \n", "one"),
        ("$ make\n 3%\r 50%\r", "50%"),
        ("one\n$ next command\n", "one"),
    ],
)
def test_last_line(tmp_path: Path, text: str, line: str) -> None:
    log = tmp_path / "it.log"
    log.write_bytes(text.encode())
    assert last_line(log) == line


@pytest.mark.parametrize(
    ("returncode", "name"),
    [(0, None), (1, None), (-11, "SIGSEGV"), (-6, "SIGABRT"), (-63, "signal 63"), (3221225477, "an access violation")],
)
def test_signal_names(returncode: int, name: str | None) -> None:
    assert signal_name(returncode) == name


def _sleepers(folder: Path) -> list[psutil.Process]:
    return [process for process in processes_of(folder) if _works_in(process, folder)]


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.cwd() == str(folder)
    except psutil.Error:  # it ended in between
        return False
