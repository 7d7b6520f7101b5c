"""Turn failures into notices: one line with a remedy, or a report of a defect of ours."""

from __future__ import annotations

import importlib.metadata
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import qVersion

from kaa_gui.core.errors import DeviceMemoryError
from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.model.state import State
from kaa_gui.ui.running.failure import Failure

PACKAGES = ("kaa-studio", "torch", "PySide6-Essentials", "pyqtgraph", "vtk", "numpy", "opencv-python")


def installed() -> dict[str, str]:
    """Return the versions of what the program stands on, of the packages that are there."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


_PRIVATE = ("target", "region_mask")
"""Parameters that name the user's files or pictures."""


def notice_of(failure: Failure, state: State, log_path: Path | None) -> Notice:
    """Return what to tell of a failure.

    Args:
        failure: An exception of any thread.
        state: State with the parameters in force, for remedies and for the report.
        log_path: Path of the log file, if one is kept.
    """
    if isinstance(failure.error, DeviceMemoryError):
        return Notice(failure.line, "warning", actions=_remedies(state))
    if failure.expected:
        return Notice(failure.line, "warning")
    return Notice(failure.line, "error", report_text(failure, state, log_path))


def report_text(failure: Failure, state: State, log_path: Path | None) -> str:
    """Return what a maintainer needs to mend a defect; no pictures and no file names of the user's."""
    versions = ", ".join(f"{name} {version}" for name, version in installed().items())
    scene, parameters = state.scene, state.parameters
    config = {name: value for name, value in parameters.config.as_json().items() if name not in _PRIVATE}
    at = f", at iteration {state.snapshot.iteration}" if state.snapshot else ""
    lines = [
        f"{versions}, Qt {qVersion()}, Python {platform.python_version()} on {platform.platform()}",
        f"Device: {scene.device if scene else parameters.device}{at}",
        f"Parameters: {json.dumps(config, default=str)}",
        "",
        failure.report.rstrip(),
    ]
    if log_path is not None:
        lines += ["", f"Log file: {log_path}"]
    return "\n".join(lines)


def _remedies(state: State) -> tuple[tuple[str, Callable[[], object]], ...]:
    """Return what takes less memory, as buttons; each is one undoable change that runs again."""
    remedies: list[tuple[str, Callable[[], object]]] = []
    parameters, scene = state.parameters, state.scene

    def offer(title: str, **changes: Any) -> None:
        remedies.append((title, lambda: state.apply(Edit(changes, new_gesture()))))

    if parameters.config.rows not in ("auto", "peaks"):
        offer("With the peaks' rows alone", rows="auto")
    if parameters.config.views > 0:
        offer("Without jittered views", views=0)
    device = parameters.device if parameters.device != "auto" or scene is None else scene.device
    if device != "cpu" and len(state.catalogue.titles("device")) > 1:
        offer("On the CPU", device="cpu")
    return tuple(remedies)
