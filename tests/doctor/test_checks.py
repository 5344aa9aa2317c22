"""Every check against an environment that has what it looks for, and all of them against a healthy one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.version import Version

from envgen.compat.facts import Facts
from envgen.doctor import CHECKS, Finding, Severity, judge
from envgen.doctor.observed import CxxRuntime, Observed

from .cases import CASES, RUNTIME, Case
from .samples import H100, HEALTHY, LIBSTDCXX, SITE, TORCH, USER_SITE, ill, libraries, system, tools, torch_with


def found(observed: Observed) -> list[Finding]:
    return list(judge(CHECKS, observed, Facts.bundled()))


def test_a_healthy_environment_has_no_findings() -> None:
    assert found(HEALTHY) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_a_check_finds_what_it_looks_for(case: Case) -> None:
    check, severity, cause, words, observed = case
    own = [finding for finding in found(observed) if finding.check == check]
    assert [(finding.severity, finding.cause) for finding in own] == [(severity, cause)]
    assert words in own[0].sentence


def test_every_check_has_a_case() -> None:
    tested = {case[0] for case in CASES} | {"extension-files", "extension-loads", "extension-risks", "extension-place"}
    assert {check.id for check in CHECKS} == tested  # those of an extension are in test_extension.py
    assert len({check.id for check in CHECKS}) == len(CHECKS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_what_is_bad_has_a_remedy(case: Case) -> None:
    for finding in found(case[-1]):
        assert finding.remedy or finding.severity is Severity.INFO
        assert finding.sentence.endswith(".")


def test_errors_come_first() -> None:
    observed = ill(tools=tools(ninja=None), torches=(USER_SITE / "torch", SITE / "torch"), remains=(SITE / "~orch",))
    severities = [finding.severity for finding in found(observed)]
    assert severities == sorted(severities, key=list(Severity).index)
    assert set(Severity) == set(severities)


def test_a_runtime_that_is_older_only_than_the_compilers_names_both() -> None:
    observed = ill(libraries=libraries(process_runtime=CxxRuntime(RUNTIME, Version("3.4.25"))))
    (finding,) = found(observed)
    assert finding.where == (str(RUNTIME), str(LIBSTDCXX))
    assert "conda-forge" in finding.remedy


def test_ptx_serves_a_gpu_that_is_newer_than_torch() -> None:
    newer = replace(H100, name="B300", compute_capability="12.9")
    assert found(ill(system=system(gpus=(newer,)))) == []
    machine_code = tuple(code for code in TORCH.arch_list if not code.startswith("compute"))
    without = ill(system=system(gpus=(newer,)), imported=torch_with(arch_list=machine_code))
    assert [each.check for each in found(without)] == ["gpu-architecture"]


def test_nothing_is_said_of_a_cpu_torch_without_a_gpu() -> None:
    """No toolkit, no driver, other CUDA libraries: none of it is torch's."""
    cpu = torch_with(version="2.13.0+cpu", cuda=None, arch_list=())
    bare = system(gpus=(), driver=None, driver_cuda=None, no_gpu="no NVIDIA driver", nvidia_device=False)
    assert found(ill(imported=cpu, system=bare, tools=tools(cuda_home=None, nvcc=None, nvcc_host=None))) == []
