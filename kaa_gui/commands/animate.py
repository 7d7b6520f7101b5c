"""Run ``animate``: turn a saved run into a moving picture by running it once more."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from kaa_gui.commands.attack import with_progress
from kaa_gui.commands.options import add_engine_options, add_output_options
from kaa_gui.core.errors import ConfigError

if TYPE_CHECKING:
    from kaa_gui.core.types import UInt8Image


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("run_folder", metavar="RUN", help="folder that the attack command wrote")
    add_output_options(parser, "file", "animation to write: .gif, or .mp4 (extra 'video')")
    add(
        "--views",
        default="attacked,perturbation,poses,trajectory",
        metavar="A,B",
        help="of picture, layer, correlations, mask, perturbation, attacked, poses, trajectory "
        "(default: attacked, perturbation, poses, trajectory)",
    )
    add("--fps", type=float, default=8.0, help="iterates a second (default: 8)")
    add("--width", type=int, default=960, metavar="PX", help="of the picture (default: 960)")
    add("--frames", type=int, default=200, help="at most so many iterates, evenly chosen (default: 200)")
    add_engine_options(parser)


def run(options: argparse.Namespace) -> int:
    """Run the attack again, draw each iterate, write the file."""
    from kaa_gui.core.files.ownership import check_output
    from kaa_gui.engine.engine import Engine
    from kaa_gui.figures.output.animation import frames, records_by_iterate, write_animation, writer_of
    from kaa_gui.runs.output import data_files
    from kaa_gui.runs.reading import load_record
    from kaa_gui.runs.replaying import MOST_ITERATES, replay, same_bits

    path = Path(options.out)
    writer_of(path)
    check_output(path, inputs=data_files([options.run_folder]), overwrite=options.overwrite)
    if not 2 <= options.frames <= MOST_ITERATES:
        raise ConfigError(f"frames must be from 2 to {MOST_ITERATES}, got {options.frames}")
    record = load_record(options.run_folder)
    engine = Engine(options.device, options.bundle)
    again = replay(engine, record, watch=with_progress, most=options.frames)
    if not same_bits(record, again):
        print(
            "kaa-studio: the replay ends at other pixels than the saved run: another device, thread count or "
            "version, or parameters that were changed on the way",
            file=sys.stderr,
        )
    records = records_by_iterate(record, again)
    views = tuple(name.strip() for name in options.views.split(",") if name.strip())
    pictures = frames(records, views=views, width_px=options.width)
    write_animation(path, _counted(pictures, len(records)), fps=options.fps)
    return 0


def _counted(pictures: Iterator[UInt8Image], total: int) -> Iterator[UInt8Image]:
    yield from tqdm(pictures, total=total, desc="frames", unit="frame", file=sys.stderr, disable=None)
