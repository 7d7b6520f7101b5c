"""Run ``gui``: open the window."""

from __future__ import annotations

import argparse
import signal
import threading

from kaa_gui.commands.options import add_colour_option, add_engine_options, add_lifter_option


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
