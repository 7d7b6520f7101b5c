"""Run ``export``: write a saved run's data for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kaa_gui.commands.options import add_output_options

if TYPE_CHECKING:
    from kaa_gui.figures.record import Record

SCENE_SUFFIX = ".gltf"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("run_folder", metavar="RUN", help="folder that the attack command wrote")
    add_output_options(
        parser,
        "file",
        ".npz: all arrays and the description; .tiff: the perturbation, float32, grey levels; .png: the "
        "perturbation amplified around middle grey; .gltf: the 3D poses, metres",
    )
    add("--gain", type=float, help="of the .png (default: the largest change becomes white or black)")


def run(options: argparse.Namespace) -> int:
    """Read the run, write the file."""
    from kaa_gui.core.files.ownership import check_output
    from kaa_gui.runs.data_export import export_data
    from kaa_gui.runs.output import data_files
    from kaa_gui.runs.reading import load_record

    path = Path(options.out)
    check_output(path, inputs=data_files([options.run_folder]), overwrite=options.overwrite)
    record = load_record(options.run_folder)
    if path.suffix.lower() == SCENE_SUFFIX:
        export_scene(record, path)
    else:
        export_data(record, path, gain=options.gain, others=(SCENE_SUFFIX,))
    return 0


def export_scene(record: Record, path: Path) -> None:
    """Write the 3D poses as the window's *Export 3D scene* does: clean, attacked as saved, target.

    Raises:
        KaaError: The scene could not be made.
        PictureError: The folder cannot be written, or the disk is full.
    """
    # VTK takes its time to import
    from vtkmodules.vtkCommonCore import vtkLogger

    from kaa_gui.colours import LIGHT
    from kaa_gui.core.files.writing import staged
    from kaa_gui.scene_3d.content import CameraPlace, Content3D
    from kaa_gui.scene_3d.files import write_gltf

    # without a display it warns, although nothing is drawn
    vtkLogger.SetStderrVerbosity(vtkLogger.VERBOSITY_ERROR)
    named = {"clean": record.clean, "attacked": record.shown.pose, "target": record.last.target}
    content = Content3D(
        poses={name: pose for name, pose in named.items() if pose is not None},
        level_of=record.clean,
        arrows=False,
        attacked_colours=None,
        highlight=None,
        camera=CameraPlace((0.0, 0.0, 1.0), (0.0, 0.0, 0.0), 30.0, None),
        theme=LIGHT,
        pane=(1, 1),
    )
    with staged(path) as stage:
        write_gltf(content, stage.part)
        stage.commit()
