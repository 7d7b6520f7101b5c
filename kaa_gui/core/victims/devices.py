"""Choose where torch computes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from kaa_gui.core.errors import DeviceError, DeviceMemoryError


def available_devices() -> tuple[str, ...]:
    """Return the devices of this machine, fastest first; always ends with ``"cpu"``."""
    names = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("mps")
    return (*names, "cpu")


def choose_device(name: str = "auto") -> torch.device:
    """Return a device by name; ``"auto"`` takes the fastest.

    Raises:
        DeviceError: It is not there.
    """
    available = available_devices()
    if name == "auto":
        return torch.device(available[0])
    wanted = "cuda:0" if name == "cuda" else name
    if wanted not in available:
        raise DeviceError(f"device must be auto or one of {', '.join(available)}, got {name!r}")
    return torch.device(wanted)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception of torch, numpy or Python says that memory has run out."""
    words = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in words or "can't allocate memory" in words


@contextmanager
def memory_watched(device: torch.device) -> Iterator[None]:
    """Turn the many ways of running out of memory into one error that says what to do.

    Raises:
        DeviceMemoryError: Instead of what torch raises; what its cache holds is given back first.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        if device.type == "cuda":
            torch.cuda.empty_cache()
        elsewhere = "" if device.type == "cpu" else ", or the device cpu"
        raise DeviceMemoryError(
            f"device {device} has run out of memory; take fewer jittered views, another layer or fewer "
            f"rows{elsewhere}"
        ) from error


def usable_cores() -> int:
    """Return how many cores this process may run on, e.g. what ``taskset`` leaves of the machine."""
    # Python 3.13; it also heeds PYTHON_CPU_COUNT
    count = getattr(os, "process_cpu_count", None)
    if count is None and hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return (count or os.cpu_count)() or 1


def leave_a_core_free() -> int:
    """Limit torch to all usable cores but one and return the number of its threads.

    With every core taken, a window starves, and on a busy machine torch's own threads wait for each other.
    Whoever sets ``OMP_NUM_THREADS`` knows better: that number is taken.
    """
    # a list is one number a nesting level
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    threads = int(asked) if asked.isdecimal() and int(asked) > 0 else max(1, usable_cores() - 1)
    torch.set_num_threads(threads)
    return threads
