"""Run ``bench``: measure speed against bare torch and other libraries."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from kaa_gui.core.errors import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="fewer turns: a minute, and rougher figures")
    parser.add_argument(
        "--threads",
        type=int,
        default=min(2, os.cpu_count() or 1),
        help="of the CPU (default: 2); with --clock cpu take 1, threads that wait for each other count too",
    )
    parser.add_argument(
        "--clock",
        choices=("wall", "cpu"),
        default="wall",
        help="wall time (default), or computing time of all threads, for a machine that is busy",
    )
    parser.add_argument("--bundle", metavar="FILE", help="another BlazePose .task file (lite, full or heavy)")


def run(options: argparse.Namespace) -> int:
    """Measure on the CPU and print ratios."""
    if options.threads < 1:
        raise ConfigError(f"threads must be 1 or more, got {options.threads}")
    from kaa_gui.bench import Sizes, measure
    from kaa_gui.bench.bench import QUICK
    from kaa_gui.bench.setting import first_sample

    sizes = QUICK if options.quick else Sizes()
    figures = measure(first_sample(options.bundle), sizes, threads=options.threads, clock=options.clock)
    print(json.dumps(figures, indent=2) if options.json else "\n".join(_lines(figures)))
    return 0


def _lines(figures: dict[str, Any], indent: str = "") -> list[str]:
    lines = []
    for name, value in figures.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}", *_lines(value, f"{indent}  ")]
        else:
            shown = f"{value:.3g}" if isinstance(value, float) and value < 1000 else value
            lines.append(f"{indent}{name:<32} {'not installed' if value is None else shown}")
    return lines
