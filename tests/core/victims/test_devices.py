from __future__ import annotations

import os

import pytest
import torch

from kaa_gui.core.errors import DeviceError, DeviceMemoryError
from kaa_gui.core.victims import devices
from kaa_gui.core.victims.devices import (
    available_devices,
    choose_device,
    leave_a_core_free,
    memory_watched,
    usable_cores,
)


def test_devices_end_with_the_cpu() -> None:
    assert available_devices()[-1] == "cpu"
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto") == torch.device(available_devices()[0])


def test_cuda_is_the_first_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert available_devices()[:2] == ("cuda:0", "cuda:1")
    assert choose_device("cuda") == choose_device("auto") == torch.device("cuda:0")
    assert choose_device("cuda:1") == torch.device("cuda:1")


@pytest.mark.parametrize("name", ["cuda:7", "tpu", ""])
def test_missing_devices_are_refused_with_the_choices(name: str) -> None:
    with pytest.raises(DeviceError, match="cpu"):
        choose_device(name)


def test_one_core_is_left_to_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = torch.get_num_threads()
    try:
        for cores, threads in ((1, 1), (2, 1), (3, 2)):
            monkeypatch.setattr(devices, "usable_cores", lambda cores=cores: cores)
            assert leave_a_core_free() == torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(("asked", "threads"), [("3", 3), ("2,1", 2), ("0", 4), ("many", 4), ("", 4)])
def test_the_users_number_of_threads_is_taken(
    monkeypatch: pytest.MonkeyPatch, asked: str, threads: int
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    monkeypatch.setattr(devices, "usable_cores", lambda: 5)
    before = torch.get_num_threads()
    try:
        assert leave_a_core_free() == threads
    finally:
        torch.set_num_threads(before)


def test_only_cores_that_the_process_may_use_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 3, 5}, raising=False)
    assert usable_cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert usable_cores() == 7
    # newer Pythons count for themselves
    monkeypatch.setattr(os, "process_cpu_count", lambda: 4, raising=False)
    assert usable_cores() == 4


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory"), MemoryError(), RuntimeError("can't allocate memory")],
)
def test_memory_that_has_run_out_is_one_error_that_says_what_to_do(error):
    with pytest.raises(DeviceMemoryError, match="fewer jittered views"), memory_watched(torch.device("cpu")):
        raise error


def test_memory_watched_lets_other_errors_pass():
    with pytest.raises(RuntimeError, match="shape"), memory_watched(torch.device("cpu")):
        raise RuntimeError("shape")
