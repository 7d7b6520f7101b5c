"""Fixtures for the whole suite. Nothing heavy is imported here: the window's tests share this file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

    from kaa_gui.core.types import Picture, Run
    from kaa_gui.engine.engine import Engine


# torch reads it when it is imported, here and in what tests start: the threads of one small network mostly
# wait for each other, spinning, and each worker of the suite has a core to itself at best
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def engine() -> Engine:
    """Return one engine on the CPU, its caches shared by all tests."""
    from kaa_gui.engine.engine import Engine

    return Engine("cpu")


@pytest.fixture(scope="session")
def walking() -> Picture:
    """Return the first sample."""
    from kaa_gui.core.pictures.image import load_picture
    from kaa_gui.core.pictures.samples import list_samples

    return load_picture(next(iter(list_samples().values())))


@pytest.fixture(scope="session")
def finished(engine: Engine, walking: Picture) -> Run:
    """Return a short finished run of KAA+ER on the first sample."""
    from kaa_gui.core.types import AttackConfig, AttackRequest
    from kaa_gui.engine.engine import collect

    return collect(
        engine.attack(AttackRequest(walking, AttackConfig(iterations=4, epsilon=4 / 255, space="crop")))
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what drives a window where there is none to be had: Qt would abort the interpreter."""
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if not sys.platform.startswith("linux") or any(os.environ.get(name) for name in displays):
        return
    skip = pytest.mark.skip(reason="needs a display; put `xvfb-run -a` in front")
    for item in items:
        if {"qtbot", "qapp"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(skip)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Give each process whole files, and all that opens windows to one: windows share the screen's focus."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "windows" if file.startswith("tests/ui/") or file == "tests/test_app.py" else file

    return Scheduling(config, log)
