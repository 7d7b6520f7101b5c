"""Render the sample pictures and write their ground truth.

    python resources/make/render_samples.py [NAME ...] [--samples 20] [--scale 1] [--out resources/samples]

Needs the development extra (``pip install ".[dev]"``): anny, mitsuba, pyvista. The same machine and
versions give the same pixels.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from body import PosedBody, rest_body, skin
from furniture import stool
from looks import dress
from photograph import Camera, expose, load_scene
from posture import DOWN, about, build
from room import furnish, lights
from scenes import SCENARIOS, Figure, Scenario
from surface import Surface, lowest, shifted
from truth import describe

FORMAT = "kaa-sample/1"
VERSIONS = ("anny", "mitsuba", "torch", "vtk", "pyvista", "numpy", "pillow")


def place(figure: Figure, seed: int) -> tuple[PosedBody, list[Surface]]:
    """Return a figure's body and surfaces, standing on the floor at its place."""
    rest = rest_body(figure.shape)
    body = skin(rest, build(rest, figure.posture).turns).moved(about(-DOWN, figure.heading), np.zeros(3))
    parts = dress(body, figure.outfit, seed)
    hips = (body.joint("upperleg01.L") + body.joint("upperleg01.R")) / 2
    shift = np.array([figure.place[0] - hips[0], figure.place[1] - hips[1], -lowest(parts)])
    return body.moved(np.eye(3), shift), [shifted(part, shift) for part in parts]


def take(scenario: Scenario, camera: Camera, samples: int) -> tuple[Image.Image, list[dict]]:
    """Return a scenario's picture and its people's ground truth."""
    placed = [place(figure, 100 * scenario.seed + i) for i, figure in enumerate(scenario.figures)]
    parts = [part for _, surfaces in placed for part in surfaces] + furnish(scenario.room)
    for figure in scenario.figures:
        if figure.stool:
            parts += stool(figure.stool, figure.place, figure.heading, (0.22, 0.12, 0.06))
    scene = load_scene(camera, parts, lights(scenario.room), samples)
    people = [
        {
            "shape": asdict(figure.shape),
            "posture_deg_m": asdict(figure.posture),
            "heading_deg": figure.heading,
            "skeletons": describe(body, camera, scene),
        }
        for figure, (body, _) in zip(scenario.figures, placed, strict=True)
    ]
    return Image.fromarray(expose(scene, scenario.seed, scenario.exposure)), people


def ground_truth(name: str, scenario: Scenario, camera: Camera, people: list[dict]) -> dict:
    """Return the content of the file beside the picture."""
    return {
        "format": FORMAT,
        "title": scenario.title,
        "picture": f"{name}.jpg",
        "width": camera.width,
        "height": camera.height,
        "camera": {
            "K": camera.intrinsics.tolist(),
            "R": camera.rotation.tolist(),
            "t_mm": camera.translation_mm.tolist(),
        },
        "people": people,
        "seed": scenario.seed,
        "versions": {package: version(package) for package in VERSIONS},
    }


def main() -> None:
    """Render what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(SCENARIOS)}")
    parser.add_argument("--samples", type=int, default=20, help="light paths a pixel")
    parser.add_argument("--scale", type=float, default=1.0, help="of the picture's size")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "samples")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or SCENARIOS:
        scenario = SCENARIOS[name]
        camera = replace(
            scenario.camera,
            width=round(scenario.camera.width * arguments.scale),
            height=round(scenario.camera.height * arguments.scale),
        )
        picture, people = take(scenario, camera, arguments.samples)
        picture.save(arguments.out / f"{name}.jpg", quality=93, subsampling=0)
        truth = ground_truth(name, scenario, camera, people)
        (arguments.out / f"{name}.json").write_text(json.dumps(truth, indent=1) + "\n")
        print(f"{name}: {picture.width} x {picture.height}")


if __name__ == "__main__":
    main()
