"""Write the library of target poses: points in space, and a picture of a body in each pose.

    python resources/make/make_targets.py [NAME ...] [--samples 128] [--out resources/targets]

Needs the development extra (``pip install ".[dev]"``). The camera looks at the mid-hip, level,
from the front or from an azimuth that shows the pose well, and its field of view is the crop that BlazePose
would cut: the mid-hip in the centre, the side 2.5 times the radius of the circle around it that
holds the whole body.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from body import PosedBody, Shape
from furniture import stool
from hair import Haircut
from photograph import Camera, expose, load_scene
from posture import Posture
from postures import ARMS_UP, KNEEL, SIT, T_POSE, WALK
from render_samples import VERSIONS, place
from room import Room, furnish, lights
from scenes import Figure
from surface import Surface
from truth import landmarks
from wardrobe import Outfit

from kaa_gui.core.skeletons import BLAZEPOSE_33, HUMAN36M_17, convert
from kaa_gui.core.targets.library import TargetPose, as_json

SIDE = 256
DISTANCE = 4.0
SHAPE = Shape(gender=0.35, age=0.66, muscle=0.55, weight=0.48, height=0.46, proportions=0.8)
OUTFIT = Outfit(
    shirt=(0.34, 0.09, 0.06), trousers=(0.05, 0.07, 0.12), sleeve=0.6, hair=Haircut((0.03, 0.017, 0.01))
)
ROOM = Room(wall_colour=(0.50, 0.50, 0.47), posters=(), depth=1.5, seed=11)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target to be made.

    Attributes:
        title: For menus.
        posture: Pose.
        protocol: Of the seed slides, or None.
        stool: Height of a seat, metres; 0 for none.
        azimuth: How far the camera has walked round the person from the front, degrees, towards the left
            hand. Walking and sitting differ from standing mostly in depth when seen from the front.
    """

    title: str
    posture: Posture
    protocol: str | None = None
    stool: float = 0.0
    azimuth: float = 0.0


WANTED = {
    "walk": Wanted("Walk", WALK, "Protocol #1", azimuth=60.0),
    "sit": Wanted("Sit", SIT, "Protocol #2", stool=0.44, azimuth=45.0),
    "t-pose": Wanted("T-pose", T_POSE),
    "arms-up": Wanted("Arms up", ARMS_UP),
    "kneel": Wanted("Kneel", KNEEL),
}


def crop_camera(world: np.ndarray, azimuth: float) -> Camera:
    """Return the camera whose picture is BlazePose's crop of a body.

    Args:
        world: ``(33, 3)`` landmarks, metres.
        azimuth: Of the camera, degrees from the front.
    """
    hips = world[[BLAZEPOSE_33.index("left_hip"), BLAZEPOSE_33.index("right_hip")]].mean(axis=0)
    aside, ahead = DISTANCE * np.sin(np.radians(azimuth)), DISTANCE * np.cos(np.radians(azimuth))
    camera = Camera((hips[0] + aside, hips[1] - ahead, hips[2]), tuple(hips), SIDE, SIDE)
    points = camera.to_camera_mm(world)
    # measured on the samples: the detector's circle ends at the outermost landmark, give or take 10 %
    radius = np.linalg.norm(points[:, :2] / points[:, 2:], axis=1).max()
    return replace(camera, fov=float(2 * np.degrees(np.arctan(1.25 * radius))))


def make(name: str, wanted: Wanted, samples: int, folder: Path) -> None:
    """Write ``NAME.png`` and ``NAME.json``."""
    body, surfaces = place(Figure(SHAPE, OUTFIT, wanted.posture), seed=11)
    camera = crop_camera(landmarks(body), wanted.azimuth)
    picture = photograph(surfaces, camera, wanted, samples)
    picture.save(folder / f"{name}.png", optimize=True)
    content = as_json(pose(name, wanted, body, camera, folder / f"{name}.png"))
    content["camera"] = {
        "K": camera.intrinsics.tolist(),
        "distance_mm": DISTANCE * 1000,
        "azimuth_deg": wanted.azimuth,
    }
    content["shape"] = asdict(SHAPE)
    content["posture_deg_m"] = asdict(wanted.posture)
    content["versions"] = {package: version(package) for package in VERSIONS}
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")


def photograph(surfaces: list[Surface], camera: Camera, wanted: Wanted, samples: int) -> Image.Image:
    """Return the picture of a posed body in a plain room."""
    seat = stool(wanted.stool, (0.0, 0.0), 0.0, (0.22, 0.12, 0.06)) if wanted.stool else []
    scene = load_scene(camera, [*surfaces, *furnish(ROOM), *seat], lights(ROOM), samples)
    return Image.fromarray(expose(scene, seed=11, exposure=2.1))


def pose(name: str, wanted: Wanted, body: PosedBody, camera: Camera, picture: Path) -> TargetPose:
    """Return the target: root-relative points, and the joints' pixels in the picture."""
    points = camera.to_camera_mm(landmarks(body))
    pixels = camera.project(points)
    hips = [BLAZEPOSE_33.index("left_hip"), BLAZEPOSE_33.index("right_hip")]
    relative = points - points[hips].mean(axis=0)
    joints = convert(relative, BLAZEPOSE_33, HUMAN36M_17)
    return TargetPose(
        name=name,
        title=wanted.title,
        protocol=wanted.protocol,
        points_mm={HUMAN36M_17.name: joints, BLAZEPOSE_33.name: relative.astype(np.float32)},
        picture=picture,
        keypoints={
            HUMAN36M_17.name: camera.project(points[hips].mean(axis=0) + joints).astype(np.float32),
            BLAZEPOSE_33.name: pixels.astype(np.float32),
        },
    )


def main() -> None:
    """Make what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(WANTED)}")
    parser.add_argument("--samples", type=int, default=128, help="light paths a pixel")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "targets")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or WANTED:
        make(name, WANTED[name], arguments.samples, arguments.out)
        print(name)


if __name__ == "__main__":
    main()
