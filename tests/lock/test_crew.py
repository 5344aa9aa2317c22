"""Work in threads: in order, with its errors, and never waited for after an interruption."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from envgen.lock.crew import Crew

HANGING = """
import threading
from envgen.lock.crew import Crew

def work(item):
    print("begun", flush=True)
    threading.Event().wait()

Crew(work, range(20), 1).in_order()
"""


def test_results_are_in_the_order_of_their_items() -> None:
    assert Crew(lambda number: number * 2, range(50), 8).in_order() == [number * 2 for number in range(50)]
    assert Crew(str, [], 8).in_order() == []


def test_nothing_is_begun_before_the_results_are_asked_for() -> None:
    threads = threading.active_count()
    wait = threading.Event()
    crew = Crew(lambda _: wait.wait(), [1, 2], 2)
    assert threading.active_count() == threads
    wait.set()
    assert crew.in_order() == [True, True]


def test_an_error_is_raised_to_who_waits() -> None:
    with pytest.raises(ZeroDivisionError):
        Crew(lambda number: 1 // number, [1, 0], 2).in_order()


@pytest.mark.skipif(os.name == "nt", reason="there an interruption goes to a whole group of processes")
def test_an_interruption_waits_for_nothing() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HANGING], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGINT)
        try:
            code = process.wait(timeout=30)  # the work itself never ends
        finally:
            process.kill()
    assert code in (-signal.SIGINT, 130)
