"""``export``: a saved run's data for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("run_folder", metavar="RUN", help="folder that the attack command wrote")
    add(
        "--out",
        required=True,
        metavar="FILE",
        help=".npz: all arrays and the description; .tiff: the perturbation, float32, grey levels; .png: the "
        "perturbation amplified around middle grey",
    )
    add("--gain", type=float, help="of the .png (default: the largest change becomes white or black)")


def run(options: argparse.Namespace) -> int:
    """Read the run, write the file."""
    from kaa_gui.data_export import export_data
    from kaa_gui.reading import load_record

    export_data(load_record(options.run_folder), Path(options.out), gain=options.gain)
    return 0
