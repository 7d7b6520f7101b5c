"""Measure the shipped lifter on the rendered samples and on photographs, and write its card.

    python resources/make/measure_lifter.py [--photographs FOLDER]

Samples: lifted from their exact 2D joints and from what the heatmap victim reports, against the exact 3D
ground truth. Photographs have no ground truth: the lifted pose is compared with the network's own
regressed world coordinates, which says how far the two routes disagree, not which of them is right.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from lifter.card import write_card
from lifter.views import nominal
from numpy.typing import NDArray

from kaa_gui.core.errors import KaaError
from kaa_gui.core.metrics import mpjpe_mm, pa_mpjpe_mm
from kaa_gui.core.pictures.image import load_picture
from kaa_gui.core.skeletons import BLAZEPOSE_33, HUMAN36M_17, convert
from kaa_gui.core.types import AttackConfig, AttackRequest, Pose
from kaa_gui.core.victims.lifter import load_lifter
from kaa_gui.engine.engine import Engine

RESOURCES = Path(__file__).parents[1]
HEATMAP, REGRESSION = "blazepose-heatmap", "blazepose-regression"


def main() -> None:
    """Run the command line."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--samples", type=Path, default=RESOURCES / "samples")
    parser.add_argument("--photographs", type=Path, help="a folder of JPEG files")
    parser.add_argument("--out", type=Path, default=RESOURCES / "lifter")
    options = parser.parse_args()
    engine = Engine("cpu")
    path = options.out / "figures.json"
    figures = json.loads(path.read_text("utf-8"))
    samples, private = sorted(options.samples.glob("*.json")), options.photographs
    figures["samples"] = [row for file in samples for row in sample_rows(file, engine)]
    figures["photographs"] = photograph_rows(portrait(), engine, public=True)
    for file in sorted(private.glob("*.jpg")) if private else ():
        figures["photographs"] += photograph_rows(file, engine, public=False)
    for row in figures["samples"] + figures["photographs"]:
        print(json.dumps(row))
    path.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    write_card(options.out)


def sample_rows(file: Path, engine: Engine) -> list[dict]:
    """Return the errors on each person of a sample, millimetres at the nominal size."""
    sample = json.loads(file.read_text("utf-8"))
    picture = file.with_name(sample["picture"])
    found = poses(picture, engine, HEATMAP)
    rows = []
    for number, person in enumerate(sample["people"]):
        joints = [person["skeletons"][HUMAN36M_17.name][name] for name in HUMAN36M_17.joints]
        pixels = np.array([joint["px"] for joint in joints], np.float32)
        truth = _nominal(np.array([joint["mm"] for joint in joints], np.float32))
        lifted = load_lifter().lift(torch.from_numpy(pixels)[None])[0].numpy()
        row = {"picture": picture.name, "person": number}
        row["exact_mpjpe"], row["exact_pa_mpjpe"] = _errors(truth, lifted)
        # people are matched by their poses: the victim's order is its confidence
        reported = min(
            (_errors(truth, pose.points_mm) for pose in found), key=lambda pair: pair[1], default=None
        )
        row["victim_mpjpe"], row["victim_pa_mpjpe"] = reported or (None, None)
        rows.append(row)
    return rows


def portrait() -> Path:
    """Return the photograph that comes with matplotlib."""
    from matplotlib.cbook import get_sample_data

    return Path(str(get_sample_data("grace_hopper.jpg", asfileobj=False)))


def photograph_rows(file: Path, engine: Engine, *, public: bool) -> list[dict]:
    """Return how far the lifted pose and the network's world coordinates are apart, for each person."""
    rows = []
    pairs = zip(poses(file, engine, HEATMAP), poses(file, engine, REGRESSION), strict=True)
    for number, (lifted, regressed) in enumerate(pairs):
        world = _nominal(convert(regressed.points_mm, BLAZEPOSE_33, HUMAN36M_17))
        plain, similar = _errors(world, lifted.points_mm)
        row = {"picture": file.name if public else "", "public": public, "person": number}
        row["visible"] = round(float((regressed.scores >= 0.5).mean()), 2)
        rows.append(row | {"mpjpe": plain, "pa_mpjpe": similar})
    return rows


def poses(file: Path, engine: Engine, victim: str) -> list[Pose]:
    """Return the victim's pose of everybody in a picture."""
    picture = load_picture(file)
    try:
        count = len(engine.people(picture, victim))
    except KaaError as error:
        print(f"{file.name}: {error}")
        return []
    config = AttackConfig(victim=victim)
    return [engine.subject(AttackRequest(picture, config, number)).clean for number in range(count)]


def _nominal(joints: NDArray[np.float32]) -> NDArray[np.float32]:
    return nominal(torch.from_numpy(joints)[None])[0].numpy()


def _errors(truth: NDArray[np.float32], pose: NDArray[np.float32]) -> tuple[float, float]:
    return round(mpjpe_mm(truth, pose), 1), round(pa_mpjpe_mm(truth, pose), 1)


if __name__ == "__main__":
    main()
