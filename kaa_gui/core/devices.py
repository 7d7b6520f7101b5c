"""Where torch computes."""

from __future__ import annotations

import os

import torch

from kaa_gui.core.errors import DeviceError


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


def leave_a_core_free() -> int:
    """Limit torch to all cores but one and return the number of its threads.

    With every core taken, a window starves, and on a busy machine torch's own threads wait for each other.
    """
    threads = max(1, (os.cpu_count() or 2) - 1)
    torch.set_num_threads(threads)
    return threads
