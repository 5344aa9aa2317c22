"""Results of one cell from several machines: what counts, and that the order they are named in decides nothing."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envgen.report import load_report, report_html, report_markdown
from envgen.report.machines import RAN_ON, machine_lines
from envgen.report.merge import Told, merge
from envgen.results import LADDER, CellResult, Outcome, Report, Rung, RungResult

from .samples import STARTED, cell, run, rung
from .test_formats import terminal
from .test_store import save

NAME = "py312-torch2.13-cu130-ubuntu24.04-x86_64"
INPUTS = {"kind of environment": "venv", "lock": "a" * 8, "source": "b" * 8, "compiler": "g++ 13"}
CPU_BOX = {"os": "ubuntu24.04", "arch": "x86_64", "cpus": 2, "memory_bytes": 16_000_000_000, "gpus": [],
           "no_gpu": "no NVIDIA driver here"}  # fmt: skip
GPU = {"name": "NVIDIA H100", "compute_capability": "9.0", "memory_bytes": 85_000_000_000}
GPU_BOX = {"os": "ubuntu24.04", "arch": "x86_64", "cpus": 16, "memory_bytes": 128_000_000_000, "gpus": [GPU, GPU],
           "driver": "580.95.05", "driver_cuda": "13.0"}  # fmt: skip
ON_GPU = "ubuntu24.04 x86_64, 16 CPUs, 128 GB; 2 x NVIDIA H100 (9.0, 85 GB); driver 580.95.05 for CUDA up to 13.0"
ON_CPU = "ubuntu24.04 x86_64, 2 CPUs, 16 GB; no NVIDIA driver here"


def climbed(minutes: int, machine: dict[str, object], top: Rung, failed: bool = False, **inputs: str) -> CellResult:
    """A result that came to `top`, and beyond it was not run, or failed there."""
    rungs = []
    for at, name in enumerate(LADDER):
        began = STARTED + timedelta(minutes=minutes, seconds=at)
        if at < LADDER.index(top) or (name is top and not failed):
            rungs.append(rung(name, started=began))
        elif name is top:
            rungs.append(rung(name, Outcome.FAILED, "wrong", started=began))
        else:
            rungs.append(rung(name, Outcome.NOT_RUN, f"{top} failed" if failed else "no GPU here"))
    return cell(NAME, *rungs, minutes=minutes + 1, machine=machine, inputs=INPUTS | inputs)


def told(*results: CellResult) -> list[Told]:
    return [Told(f"run{number}", result) for number, result in enumerate(results)]


def outcomes(result: CellResult) -> dict[Rung, Outcome]:
    return {each.rung: each.outcome for each in result.rungs}


def at(result: CellResult, name: Rung) -> RungResult:
    found = result.rung(name)
    assert found
    return found


@pytest.mark.parametrize("gpu_first", [True, False])
def test_a_machine_without_a_gpu_hides_nothing_that_one_with_it_has_shown(gpu_first: bool) -> None:
    with_gpu = climbed(0 if gpu_first else 60, GPU_BOX, Rung.KERNEL)
    without = climbed(60 if gpu_first else 0, CPU_BOX, Rung.CPU)
    merged = merge(told(without, with_gpu))
    assert merged.result.reached is Rung.KERNEL
    assert merged.remarks == ()
    newest = without if gpu_first else with_gpu
    assert (merged.result.machine, merged.result.finished) == (newest.machine, newest.finished)
    assert at(merged.result, Rung.KERNEL).facts == ({RAN_ON: ON_GPU} if gpu_first else {})
    assert at(merged.result, Rung.CPU).facts == {}


def test_a_failure_on_the_gpu_is_not_hidden_either() -> None:
    merged = merge(told(climbed(60, CPU_BOX, Rung.CPU), climbed(0, GPU_BOX, Rung.KERNEL, failed=True))).result
    assert merged.failed
    assert (merged.failed.rung, merged.failed.facts) == (Rung.KERNEL, {RAN_ON: ON_GPU})
    assert at(merged, Rung.ENGINE).sentence == "kernel failed"


def test_what_stands_above_a_newer_failure_is_not_taken_from_an_older_run() -> None:
    merged = merge(told(climbed(60, CPU_BOX, Rung.CPU, failed=True), climbed(0, GPU_BOX, Rung.KERNEL))).result
    assert merged.failed
    assert merged.failed.rung is Rung.CPU
    assert outcomes(merged)[Rung.KERNEL] is Outcome.NOT_RUN


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        ({"lock": "other"}, "lock"),
        ({"source": "other"}, "source"),
        ({"lock": "other", "source": "other"}, "lock and source"),
    ],
)
def test_results_of_other_inputs_are_not_joined_and_the_report_says_so(inputs: dict[str, str], named: str) -> None:
    merged = merge(told(climbed(0, GPU_BOX, Rung.KERNEL, **inputs), climbed(60, CPU_BOX, Rung.CPU)))
    assert merged.result.reached is Rung.CPU
    assert merged.remarks == (
        f"{NAME}: the results of run0 and run1 differ in {named}; they are not joined, and the newer one, of run1,"
        " counts; not counted of run0: kernel passed.",
    )


def test_another_compiler_is_no_other_thing() -> None:
    merged = merge(told(climbed(0, GPU_BOX, Rung.KERNEL, compiler="g++ 14"), climbed(60, CPU_BOX, Rung.CPU)))
    assert merged.result.reached is Rung.KERNEL


def test_an_environment_that_is_taken_as_it_is_is_known_by_its_packages() -> None:
    def taken(minutes: int, top: Rung, torch: str) -> CellResult:
        result = climbed(minutes, CPU_BOX if top is Rung.CPU else GPU_BOX, top, **{"kind of environment": "current"})
        created = at(result, Rung.CREATED).model_copy(update={"facts": {"packages": {"torch": torch}}})
        return result.model_copy(
            update={"rungs": tuple(created if each.rung is Rung.CREATED else each for each in result.rungs)}
        )

    assert merge(told(taken(0, Rung.KERNEL, "2.13.0"), taken(60, Rung.CPU, "2.13.0"))).result.reached is Rung.KERNEL
    merged = merge(told(taken(0, Rung.KERNEL, "2.13.0"), taken(60, Rung.CPU, "2.13.1")))
    assert merged.result.reached is Rung.CPU
    assert "differ in packages" in merged.remarks[0]


CLIMBS = st.builds(
    climbed,
    minutes=st.integers(0, 5),
    machine=st.sampled_from([CPU_BOX, GPU_BOX]),
    top=st.sampled_from([Rung.CREATED, Rung.LOADED, Rung.CPU, Rung.KERNEL, Rung.ENGINE]),
    failed=st.booleans(),
    lock=st.sampled_from(["a", "b"]),
)


@given(st.lists(CLIMBS, min_size=1, max_size=4))
def test_the_order_of_runs_decides_nothing_and_a_run_named_twice_counts_once(results: list[CellResult]) -> None:
    merged = merge(told(*results))
    for order in itertools.permutations(told(*results)):
        assert merge(order) == merged
    assert merge([*told(*results), *told(*results)]) == merged
    assert merge([*told(*results), Told("merged", merged.result)]).result == merged.result


@given(st.lists(CLIMBS.filter(lambda result: not result.failed), min_size=3, max_size=3))
def test_runs_can_be_joined_in_steps_where_none_failed(results: list[CellResult]) -> None:
    same = [result.model_copy(update={"inputs": INPUTS}) for result in results]
    whole = merge(told(*same)).result
    first = merge(told(*same[:2])).result
    assert outcomes(merge(told(first, same[2])).result) == outcomes(whole)
    assert [each.facts for each in merge(told(first, same[2])).result.rungs] == [each.facts for each in whole.rungs]


@given(st.lists(CLIMBS, min_size=1, max_size=4))
def test_nothing_that_counts_is_made_up(results: list[CellResult]) -> None:
    merged = merge(told(*results)).result
    for each in merged.rungs:
        if each.outcome is not Outcome.NOT_RUN:
            assert any(
                own.outcome is each.outcome and own.started == each.started
                for result in results
                if (own := result.rung(each.rung))
            )
    ladder = [each.outcome for each in merged.rungs]
    assert Outcome.PASSED not in ladder[ladder.index(Outcome.FAILED) :] if Outcome.FAILED in ladder else True


def test_reports_of_two_folders_tell_the_machines_and_where_the_logs_are(tmp_path: Path) -> None:
    def folder(name: str, result: CellResult) -> Path:
        log = f"logs/{NAME}/{result.reached}.log"
        rungs = tuple(
            each.model_copy(update={"log": log, "facts": {"kept": [f"kept/{NAME}/engine/model.plan"]}})
            if each.rung is result.reached
            else each
            for each in result.rungs
        )
        made = save(tmp_path / name, Report(run=run(run=name), cells=(result.model_copy(update={"rungs": rungs}),)))
        (made / log).parent.mkdir(parents=True)
        (made / log).write_text(f"of {name}\n")
        return made

    cpu, gpu = folder("cpu", climbed(60, CPU_BOX, Rung.CPU)), folder("gpu", climbed(0, GPU_BOX, Rung.KERNEL))
    public = tmp_path / "public"
    for target in (public, cpu, gpu):
        (merged,) = load_report(cpu, gpu, target=target).report.cells
        for name, said in ((Rung.CPU, "of cpu\n"), (Rung.KERNEL, "of gpu\n")):
            log = at(merged, name).log
            assert log
            assert (target.parent / target.name / log).resolve().read_text() == said
        assert at(merged, Rung.KERNEL).facts["kept"] == [
            f"{'' if target == gpu else '../gpu/'}kept/{NAME}/engine/model.plan"
        ]
    report = load_report(gpu, cpu, target=public).report
    assert f"machine: {ON_GPU} (kernel of 1 cell)\nmachine: {ON_CPU} (1 cell)\n" in terminal(report)
    assert "up to 13.0 (kernel of 1 cell).\n" in report_markdown(report)
    assert f"<dd>{ON_GPU} (kernel of 1 cell)</dd>" in report_html(report)


def test_a_machine_says_which_cells_are_its_own_and_which_rungs_of_others() -> None:
    of_others = cell(
        NAME, rung(Rung.KERNEL, facts={RAN_ON: ON_GPU}), rung(Rung.CPU, facts={RAN_ON: ON_GPU}), machine=CPU_BOX
    )
    lines = machine_lines([of_others, cell(NAME, rung(Rung.CPU), machine=GPU_BOX)])
    assert [(line.words, line.share) for line in lines] == [
        (ON_GPU, "1 cell; cpu and kernel of 1 cell"),
        (ON_CPU, "1 cell"),
    ]


def test_a_machine_of_which_nothing_is_recorded_is_not_named() -> None:
    report = Report(run=run(), cells=(cell(NAME, rung(Rung.PLANNED), machine={}),))
    assert "machine" not in terminal(report)
    odd = cell(NAME, rung(Rung.PLANNED), machine={"gpus": "none", "cpus": "two", "driver": ["x"]})
    assert "machine: driver ['x']" in terminal(Report(run=run(), cells=(odd,)))
