"""Run ``gui``: open the window."""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from kaa_gui.commands.options import add_colour_option, add_engine_options, add_lifter_option
from kaa_gui.core.errors import DeviceError

ANSWER_SECONDS = 5
"""For a display to answer, which may be one of another machine."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "image", nargs="?", help="picture, folder, video or session (.kaa) to open (default: a sample)"
    )
    add_colour_option(parser)
    add_engine_options(parser)
    add_lifter_option(parser)


def run(options: argparse.Namespace) -> int:
    """Open the window and return its exit code."""
    check_display()
    # noted until there is a window to close: an exception in the midst of loading Qt is lost, or fatal
    interrupted = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    from kaa_gui.app import run_window

    return run_window(
        options.image,
        device=options.device,
        bundle=options.bundle,
        lifter=options.lifter,
        raw_colours=options.raw_colours,
        interrupted=interrupted,
    )


def check_display() -> str:
    """Return the name of the display on which the window can open.

    Raises:
        DeviceError: There is none, or nobody answers there: Qt would abort the process.
    """
    if not sys.platform.startswith("linux"):
        return platform.system()
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    plugins = [part.partition(":")[0] for part in chosen.split(";") if part]
    kinds: dict[str, tuple[str, Callable[[str], bool]]] = {
        "wayland": ("WAYLAND_DISPLAY", _wayland_answers),
        "xcb": ("DISPLAY", _x_answers),
    }
    if any(not plugin.startswith(tuple(kinds)) for plugin in plugins):
        return chosen
    dead = []
    for kind, (variable, answers) in kinds.items():
        name = os.environ.get(variable)
        if not name or (plugins and not any(plugin.startswith(kind) for plugin in plugins)):
            continue
        if answers(name):
            return name
        dead.append(f"{variable} {name}")
    if dead:
        raise DeviceError(
            f"the window needs a display, and none answers at {' or '.join(dead)}; log in anew, start it "
            "under xvfb-run, or use the attack command"
        )
    raise DeviceError(
        "the window needs a display, and neither DISPLAY nor WAYLAND_DISPLAY is set; use the attack "
        "command, or start it under xvfb-run"
    )


def _wayland_answers(name: str) -> bool:
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "")) / name
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(ANSWER_SECONDS)
            door.connect(str(path))
    except OSError:
        return False
    return True


def _x_answers(name: str) -> bool:
    """Ask by the library that Qt asks by: it knows all kinds of sockets, and what the server wants to see."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        # Qt says what is missing
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    works = []

    def ask() -> None:
        connection = xcb.xcb_connect(os.fsencode(name), None)
        works.append(not xcb.xcb_connection_has_error(connection))
        xcb.xcb_disconnect(connection)

    # a host that is gone, or a server that hangs, may keep it for minutes
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(ANSWER_SECONDS)
    return works == [True]
