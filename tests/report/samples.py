"""Reports to render: a small real-looking run, and one whose every text is hostile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from envgen.results import LADDER, CellResult, LeftOut, Outcome, Report, Rung, RungResult, RunInfo

STARTED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HOSTILE = (
    '<script>alert("x")</script>',
    "</pre></details><img src=x onerror=alert(1)>",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "nul\x00 bell\x07 back\b del\x7f c1\x9b31m",
    "turned \u202e direction \u2066",
    "| pipe | `tick` **bold** [link](javascript:alert(1)) ![image](http://evil.example/i.png)",
    "http://evil.example www.evil.example <http://evil.example> <b>bold</b>",
    "[red]markup[/red] {{ 7 * 7 }} {% raw %} &amp; $x$",
    "10%\r20%\r30%",
    "long " + "x" * 5000,
    "lone \ud800 surrogate",
)


def rung(rung: Rung, outcome: Outcome = Outcome.PASSED, sentence: str = "", **more: object) -> RungResult:
    return RungResult.model_validate({"rung": rung, "outcome": outcome, "sentence": sentence, **more})


def cell(name: str, *rungs: RungResult, minutes: int = 5, **more: object) -> CellResult:
    return CellResult.model_validate(
        {
            "cell": name,
            "axes": {"python": "3.12", "torch": "2.13"},
            "environment": "venv",
            "envgen": "0.1.0",
            "versions": {"torch": "2.13.0", "numpy": "2.3.5"},
            "machine": {"gpus": [], "cpus": 2},
            "started": STARTED,
            "finished": STARTED + timedelta(minutes=minutes),
            "rungs": rungs,
            **more,
        }
    )


def passed(*rungs: Rung) -> tuple[RungResult, ...]:
    return tuple(rung(name, seconds=1.5) for name in rungs)


def run(**more: object) -> RunInfo:
    return RunInfo.model_validate(
        {
            "run": "20261120-093000",
            "matrix": "matrix.yaml",
            "selection": "pairwise",
            "extension": "reference",
            "envgen": "0.1.0",
            "started": STARTED,
            "finished": STARTED + timedelta(minutes=42),
            "left_out": [LeftOut(reason="every pair is covered by another cell", cells=310)],
            "rejected": {"torch-has-wheel": 96, "cuda-has-host-compiler": 12},
            **more,
        }
    )


def small() -> Report:
    no_gpu = "no GPU on this machine"
    return Report(
        run=run(),
        cells=(
            cell(
                "py312-torch2.13-cu130-ubuntu24.04-x86_64",
                *passed(*LADDER[:4]),
                rung(
                    Rung.BUILT,
                    Outcome.FAILED,
                    "nvcc 13.0 takes g++ 15 at most, and this is g++ 16: install g++-15",
                    seconds=75.0,
                    log="logs/py312-torch2.13-cu130-ubuntu24.04-x86_64/built.log",
                    log_tail=("ops.cu:12: error: unsupported <host> compiler", "", "1 error"),
                ),
            ),
            cell(
                "py311-torch2.13-cpu-debian12-x86_64",
                *passed(*LADDER[:8]),
                rung(Rung.KERNEL, Outcome.NOT_RUN, "the cell is a CPU cell"),
                rung(Rung.ENGINE, Outcome.NOT_RUN, "the cell has no TensorRT"),
            ),
            cell(
                "py311-torch2.13-cu130-trt11.0-debian12-x86_64",
                *passed(*LADDER[:7]),
                rung(Rung.CPU, facts={"max_error": 1e-7, "device": "cpu"}, seconds=3.25),
                rung(Rung.KERNEL, Outcome.NOT_RUN, no_gpu),
                rung(Rung.ENGINE, Outcome.NOT_RUN, no_gpu),
            ),
            cell(
                "py313-torch2.13-cpu-windows2022-x86_64",
                *passed(*LADDER[:3]),
                rung(Rung.CREATED, Outcome.NOT_RUN, "needs Windows"),
            ),
        ),
    )


def hostile() -> Report:
    cells = tuple(
        cell(
            text,
            *passed(*LADDER[: number % 4]),
            rung(LADDER[number % 4], Outcome.FAILED, text, log=text, log_tail=(text, "", text), facts={text: [text]}),
            versions={text: text},
            machine={text: text},
            axes={text: text},
            environment=text,
        )
        for number, text in enumerate(HOSTILE)
    )
    skipped = cell("other", rung(Rung.PLANNED, Outcome.NOT_RUN, HOSTILE[0]))
    info = run(
        run=HOSTILE[0],
        matrix=HOSTILE[2],
        selection=HOSTILE[5],
        extension=HOSTILE[1],
        left_out=[LeftOut(reason=text, cells=1) for text in HOSTILE],
        rejected=dict.fromkeys(HOSTILE, 1),
    )
    return Report(run=info, cells=(*cells, skipped))
