"""The samples, one by one: who stands where, how, in which clothes and room."""

from __future__ import annotations

from dataclasses import dataclass, field

from body import Shape
from hair import Haircut
from photograph import Camera
from posture import Posture
from postures import DANCE, HAND_ON_HIP, REACH, SIT, STAND, TALK, WALK
from room import Room
from wardrobe import Outfit


@dataclass(frozen=True, slots=True)
class Figure:
    """A person in a scene.

    Attributes:
        shape: Of the body.
        outfit: Clothes and hair.
        posture: Pose.
        heading: Turn about the vertical, degrees; 0 faces -y (where the cameras are), 90 faces +x.
        place: x and y of the hips' centre on the floor, metres.
        stool: Height of the seat under the figure, metres; 0 for none.
    """

    shape: Shape
    outfit: Outfit
    posture: Posture
    heading: float = 0.0
    place: tuple[float, float] = (0.0, 0.0)
    stool: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A picture to be taken.

    Attributes:
        title: For the samples menu.
        figures: People.
        camera: Where it is taken from.
        room: Where it happens.
        seed: Of wrinkles, hair, textures and light paths.
        exposure: Factor on the light.
    """

    title: str
    figures: tuple[Figure, ...]
    camera: Camera
    room: Room = field(default_factory=Room)
    seed: int = 0
    exposure: float = 2.1


BLACK, BROWN, FAIR, AUBURN = (
    (0.012, 0.009, 0.008),
    (0.04, 0.021, 0.011),
    (0.42, 0.26, 0.11),
    (0.20, 0.07, 0.03),
)


def cropped(colour: tuple[float, float, float], length: float = 0.05) -> Haircut:
    """Return short hair."""
    return Haircut(colour, length=length)


def knotted(colour: tuple[float, float, float], radius: float = 0.045) -> Haircut:
    """Return long hair in a knot."""
    return Haircut(colour, length=0.19, lift=0.02, knot=radius, curl=0.08, count=26000)


MAN = Shape(gender=0.03, age=0.66, muscle=0.6, weight=0.48, height=0.44, proportions=0.8)
WALKER = Outfit(shirt=(0.30, 0.045, 0.04), trousers=(0.035, 0.055, 0.11), shoes=(0.05, 0.045, 0.045))

SCENARIOS: dict[str, Scenario] = {
    "walking": Scenario(
        "Walking",
        (Figure(MAN, WALKER, WALK, heading=-40),),
        Camera((0.15, -4.1, 1.35), (0.0, 0.0, 0.88)),
        Room(posters=(-0.95,), shelf=1.15, rug=((0.22, 0.20, 0.17), (0.10, 0.12, 0.16), (0.30, 0.26, 0.20))),
        seed=1,
    ),
    "standing": Scenario(
        "Standing",
        (
            Figure(
                Shape(
                    gender=0.96,
                    age=0.62,
                    weight=0.42,
                    height=0.5,
                    proportions=0.85,
                    asian=0.8,
                    caucasian=0.1,
                    african=0.1,
                ),
                Outfit(
                    shirt=(0.55, 0.51, 0.43),
                    trousers=(0.02, 0.045, 0.06),
                    shoes=(0.40, 0.06, 0.05),
                    skin=(0.60, 0.39, 0.28),
                    sleeve=0.5,
                    hair=knotted(BLACK),
                ),
                STAND,
                heading=-12,
            ),
        ),
        Camera((-0.2, -4.0, 1.25), (0.0, 0.0, 0.80)),
        Room(
            wall_colour=(0.25, 0.34, 0.36),
            floor="tiles",
            floor_colour=(0.42, 0.38, 0.33),
            posters=(0.85,),
            plant=(-0.85, 1.2),
            seed=2,
        ),
        seed=2,
    ),
    "sitting": Scenario(
        "Sitting",
        (
            Figure(
                Shape(
                    gender=0.05,
                    age=0.8,
                    weight=0.62,
                    muscle=0.5,
                    height=0.46,
                    african=0.8,
                    asian=0.1,
                    caucasian=0.1,
                ),
                Outfit(
                    shirt=(0.06, 0.13, 0.18),
                    trousers=(0.22, 0.17, 0.11),
                    shoes=(0.10, 0.05, 0.03),
                    skin=(0.20, 0.095, 0.055),
                    hair=Haircut(BLACK, length=0.012, lift=0.007, curl=0.9),
                    sleeve=1.9,
                    collar=0.02,
                    hem=-0.02,
                ),
                SIT,
                heading=28,
                stool=0.44,
            ),
        ),
        Camera((0.1, -3.7, 1.2), (0.1, -0.1, 0.66)),
        Room(wall_colour=(0.56, 0.46, 0.34), posters=(-0.95,), plant=(1.05, 1.1), seed=3),
        seed=3,
    ),
    "reaching": Scenario(
        "Reaching",
        (
            Figure(
                Shape(gender=0.95, age=0.7, weight=0.55, height=0.45, proportions=0.7, caucasian=0.8),
                Outfit(
                    shirt=(0.04, 0.17, 0.15),
                    trousers=(0.05, 0.05, 0.06),
                    skin=(0.64, 0.42, 0.33),
                    hair=knotted(AUBURN),
                    sleeve=0.75,
                    stripes=0.03,
                    stripe=(0.55, 0.53, 0.48),
                ),
                REACH,
                heading=-35,
            ),
        ),
        Camera((0.0, -4.5, 1.3), (-0.05, 0.0, 1.0)),
        Room(wall_colour=(0.60, 0.58, 0.52), posters=(1.15,), shelf=-1.0, seed=4, key=(2.6, -3.0, 2.9)),
        seed=4,
    ),
    "side": Scenario(
        "Side view",
        (
            Figure(
                Shape(gender=0.06, age=0.64, muscle=0.5, weight=0.4, height=0.48, caucasian=0.9, asian=0.05),
                Outfit(
                    shirt=(0.46, 0.33, 0.09),
                    trousers=(0.06, 0.07, 0.05),
                    sleeve=1.9,
                    hair=cropped(FAIR, 0.07),
                ),
                WALK,
                heading=86,
            ),
        ),
        Camera((0.0, -4.4, 1.2), (0.0, 0.0, 0.87)),
        Room(wall_colour=(0.46, 0.52, 0.58), posters=(-1.1,), plant=(1.2, 1.2), seed=5),
        seed=5,
    ),
    "back": Scenario(
        "Back view",
        (
            Figure(
                Shape(gender=0.92, age=0.66, weight=0.6, height=0.5, african=0.5, caucasian=0.4),
                Outfit(
                    shirt=(0.26, 0.09, 0.17),
                    trousers=(0.06, 0.09, 0.15),
                    skin=(0.36, 0.19, 0.12),
                    leg=1.75,
                    hair=knotted(BLACK, 0.055),
                ),
                HAND_ON_HIP,
                heading=165,
            ),
        ),
        Camera((0.2, -4.3, 1.3), (0.0, 0.0, 0.88)),
        Room(
            wall_colour=(0.52, 0.55, 0.44),
            floor="tiles",
            floor_colour=(0.20, 0.21, 0.23),
            posters=(1.0,),
            shelf=-1.15,
            seed=6,
        ),
        seed=6,
    ),
    "dancing": Scenario(
        "Dancing, arms up",
        (
            Figure(
                Shape(
                    gender=0.98,
                    age=0.6,
                    weight=0.35,
                    muscle=0.6,
                    height=0.5,
                    proportions=0.9,
                    caucasian=0.6,
                    asian=0.3,
                ),
                Outfit(
                    shirt=(0.44, 0.08, 0.14),
                    trousers=(0.03, 0.03, 0.035),
                    shoes=(0.6, 0.6, 0.58),
                    skin=(0.60, 0.38, 0.28),
                    leg=1.6,
                    sleeve=0.35,
                    hem=-0.01,
                    hair=knotted(FAIR, 0.05),
                ),
                DANCE,
                heading=8,
            ),
        ),
        Camera((0.0, -4.6, 1.2), (0.0, 0.0, 0.96)),
        Room(
            wall_colour=(0.16, 0.18, 0.30),
            floor_colour=(0.36, 0.24, 0.14),
            posters=(-1.1,),
            rug=((0.30, 0.10, 0.07), (0.42, 0.36, 0.27), (0.05, 0.08, 0.14)),
            seed=7,
        ),
        seed=7,
    ),
    "two-people": Scenario(
        "Two people",
        (
            Figure(
                Shape(gender=0.04, age=0.72, muscle=0.55, weight=0.55, height=0.46, caucasian=0.5, asian=0.4),
                Outfit(
                    shirt=(0.07, 0.10, 0.22),
                    trousers=(0.16, 0.13, 0.09),
                    sleeve=1.9,
                    stripes=0.025,
                    stripe=(0.45, 0.45, 0.44),
                    hair=cropped(BROWN, 0.06),
                ),
                TALK,
                heading=42,
                place=(-0.55, 0.0),
            ),
            Figure(
                Shape(gender=0.97, age=0.64, muscle=0.5, weight=0.45, height=0.5, proportions=0.8),
                Outfit(
                    shirt=(0.46, 0.26, 0.06),
                    trousers=(0.03, 0.05, 0.10),
                    skin=(0.52, 0.31, 0.22),
                    hair=knotted(BROWN),
                ),
                STAND,
                heading=-38,
                place=(0.55, 0.1),
            ),
        ),
        Camera((0.0, -4.4, 1.35), (0.0, 0.0, 0.9), width=1280, height=960, fov=27.5),
        Room(wall_colour=(0.56, 0.47, 0.42), posters=(0.0,), plant=(1.6, 1.2), shelf=-1.7, seed=8),
        seed=8,
    ),
}
