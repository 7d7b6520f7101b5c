"""The samples, one by one: who stands where, how, in which clothes and room."""

from __future__ import annotations

from dataclasses import dataclass, field

from body import Shape
from photograph import Camera
from posture import Arm, Bend, Posture, Stance
from room import Room
from wardrobe import Outfit


@dataclass(frozen=True, slots=True)
class Figure:
    """A person in a scene.

    Attributes:
        shape: Of the body.
        outfit: Clothes.
        posture: Pose.
        heading: Turn about the vertical, degrees; 0 faces the camera's usual side (-y), 90 the
            picture's right.
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
        seed: Of wrinkles, textures and light paths.
        exposure: Factor on the light.
    """

    title: str
    figures: tuple[Figure, ...]
    camera: Camera
    room: Room = field(default_factory=Room)
    seed: int = 0
    exposure: float = 1.6


WALK = Posture(
    pelvis=Bend(3, 1, -6),
    spine=Bend(3, -2, 12),
    head=Bend(-3, 0, -4),
    left_leg=Stance(forward=0.31, out=0.08, toe_out=6, pitch=11, knee=6),
    right_leg=Stance(forward=-0.31, out=0.08, toe_out=8, pitch=-34, toes=30, knee=26),
    left_arm=Arm(lift=26, plane=-68, elbow=14, pronation=25),
    right_arm=Arm(lift=30, plane=70, elbow=34, pronation=30, curl=18),
)
STAND = Posture(
    pelvis=Bend(2, 2, 4),
    spine=Bend(2, -5, -4),
    head=Bend(2, 2, 4),
    left_leg=Stance(forward=0.0, out=0.09, toe_out=9, knee=3),
    right_leg=Stance(forward=0.07, out=0.14, toe_out=16, knee=11),
    left_arm=Arm(lift=9, plane=10, elbow=16, pronation=30),
    right_arm=Arm(lift=11, plane=0, elbow=22, pronation=25, curl=20),
)
SIT = Posture(
    pelvis=Bend(-8),
    spine=Bend(16, 2, 0),
    head=Bend(-8, 0, 6),
    left_leg=Stance(forward=0.42, out=0.15, toe_out=12, knee=60),
    right_leg=Stance(forward=0.36, out=0.14, toe_out=10, knee=60),
    left_arm=Arm(lift=26, plane=70, elbow=52, pronation=70, curl=12),
    right_arm=Arm(lift=24, plane=72, elbow=56, pronation=70, curl=12),
    seat=0.53,
)
REACH = Posture(
    pelvis=Bend(2, 3, 6),
    spine=Bend(0, 9, 10),
    head=Bend(-14, -2, -4),
    left_leg=Stance(forward=-0.16, out=0.10, toe_out=14, pitch=-14, toes=14, knee=6),
    right_leg=Stance(forward=0.12, out=0.10, toe_out=8, knee=4),
    left_arm=Arm(lift=16, plane=-30, elbow=26, pronation=35),
    right_arm=Arm(lift=138, plane=55, elbow=16, pronation=60, curl=8),
)
DANCE = Posture(
    pelvis=Bend(2, 6, 10),
    spine=Bend(-4, -12, -8),
    head=Bend(-6, 8, 8),
    left_leg=Stance(forward=0.02, out=0.10, toe_out=18, knee=6),
    right_leg=Stance(forward=0.16, out=0.30, toe_out=24, pitch=-28, toes=26, knee=30),
    left_arm=Arm(lift=142, plane=12, twist=20, elbow=34, pronation=60, curl=10, spread=4),
    right_arm=Arm(lift=118, plane=15, twist=60, elbow=58, pronation=30, curl=10, spread=4),
)
HIPS = Posture(
    pelvis=Bend(2, -3, 0),
    spine=Bend(0, 4, 0),
    head=Bend(4, 0, -14),
    left_leg=Stance(forward=0.05, out=0.17, toe_out=18, knee=8),
    right_leg=Stance(forward=0.0, out=0.12, toe_out=10, knee=3),
    left_arm=Arm(lift=44, plane=-25, twist=60, elbow=98, pronation=20, wrist=30, curl=14),
    right_arm=Arm(lift=12, plane=0, elbow=18, pronation=25),
)
TALK = Posture(
    pelvis=Bend(2, 2, 0),
    spine=Bend(3, -4, 4),
    head=Bend(3, -2, 2),
    left_leg=Stance(forward=0.02, out=0.12, toe_out=12, knee=4),
    right_leg=Stance(forward=0.10, out=0.12, toe_out=12, knee=10),
    left_arm=Arm(lift=12, plane=20, elbow=24, pronation=30),
    right_arm=Arm(lift=28, plane=62, twist=10, elbow=78, pronation=-20, curl=16),
)

MAN = Shape(gender=0.03, age=0.66, muscle=0.6, weight=0.48, height=0.55, proportions=0.8)
WOMAN = Shape(gender=0.97, age=0.64, muscle=0.5, weight=0.45, height=0.5, proportions=0.8)

SCENARIOS: dict[str, Scenario] = {
    "walking": Scenario(
        "Walking",
        (Figure(MAN, Outfit(shirt=(0.32, 0.05, 0.04)), WALK, heading=-40),),
        Camera((0.15, -4.3, 1.35), (0.0, 0.0, 0.90)),
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
                    shirt=(0.62, 0.58, 0.50),
                    trousers=(0.02, 0.05, 0.07),
                    shoes=(0.45, 0.06, 0.05),
                    skin=(0.62, 0.40, 0.29),
                    sleeve=0.5,
                    bun=0.05,
                ),
                STAND,
                heading=-12,
            ),
        ),
        Camera((-0.2, -4.4, 1.25), (0.0, 0.0, 0.86)),
        Room(
            wall_colour=(0.25, 0.34, 0.36),
            floor="tiles",
            floor_colour=(0.42, 0.38, 0.33),
            posters=(1.0,),
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
                    height=0.5,
                    african=0.8,
                    asian=0.1,
                    caucasian=0.1,
                ),
                Outfit(
                    shirt=(0.05, 0.16, 0.24),
                    trousers=(0.22, 0.17, 0.11),
                    shoes=(0.10, 0.05, 0.03),
                    skin=(0.16, 0.075, 0.045),
                    hair=(0.012, 0.009, 0.008),
                    sleeve=1.85,
                    hair_length=0.010,
                ),
                SIT,
                heading=28,
                stool=0.44,
            ),
        ),
        Camera((0.1, -3.8, 1.2), (0.1, -0.1, 0.68)),
        Room(wall_colour=(0.62, 0.50, 0.36), posters=(-1.0, 0.9), seed=3),
        seed=3,
    ),
    "reaching": Scenario(
        "Reaching",
        (
            Figure(
                Shape(gender=0.95, age=0.7, weight=0.55, height=0.45, proportions=0.7, caucasian=0.8),
                Outfit(
                    shirt=(0.05, 0.24, 0.20),
                    trousers=(0.05, 0.05, 0.06),
                    skin=(0.66, 0.43, 0.33),
                    hair=(0.16, 0.075, 0.03),
                    sleeve=0.75,
                    bun=0.048,
                    stripes=0.035,
                    stripe=(0.65, 0.63, 0.58),
                ),
                REACH,
                heading=-35,
            ),
        ),
        Camera((0.0, -4.8, 1.3), (0.0, 0.0, 1.03)),
        Room(wall_colour=(0.60, 0.58, 0.52), posters=(1.15,), seed=4, key=(2.6, -3.0, 2.9)),
        seed=4,
    ),
    "side": Scenario(
        "Side view",
        (
            Figure(
                MAN,
                Outfit(shirt=(0.55, 0.40, 0.08), trousers=(0.06, 0.07, 0.05), sleeve=1.9),
                WALK,
                heading=86,
            ),
        ),
        Camera((0.0, -4.6, 1.2), (0.0, 0.0, 0.88)),
        Room(wall_colour=(0.46, 0.52, 0.58), posters=(-1.1, 1.15), seed=5),
        seed=5,
    ),
    "back": Scenario(
        "Back view",
        (
            Figure(
                Shape(gender=0.92, age=0.66, weight=0.6, height=0.55, african=0.5, caucasian=0.4),
                Outfit(
                    shirt=(0.30, 0.10, 0.22),
                    trousers=(0.06, 0.10, 0.18),
                    skin=(0.36, 0.19, 0.12),
                    leg=1.75,
                    bun=0.06,
                    hair=(0.02, 0.012, 0.008),
                ),
                HIPS,
                heading=165,
            ),
        ),
        Camera((0.2, -4.4, 1.3), (0.0, 0.0, 0.88)),
        Room(
            wall_colour=(0.52, 0.55, 0.44),
            floor="tiles",
            floor_colour=(0.20, 0.21, 0.23),
            posters=(1.0,),
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
                    height=0.55,
                    proportions=0.9,
                    caucasian=0.6,
                    asian=0.3,
                ),
                Outfit(
                    shirt=(0.50, 0.08, 0.16),
                    trousers=(0.03, 0.03, 0.035),
                    shoes=(0.6, 0.6, 0.58),
                    skin=(0.60, 0.37, 0.27),
                    leg=1.6,
                    sleeve=0.35,
                    hem=-0.01,
                    bun=0.055,
                    hair=(0.25, 0.13, 0.05),
                ),
                DANCE,
                heading=8,
            ),
        ),
        Camera((0.0, -4.9, 1.2), (0.0, 0.0, 1.0)),
        Room(wall_colour=(0.16, 0.18, 0.30), floor_colour=(0.36, 0.24, 0.14), posters=(-1.1,), seed=7),
        seed=7,
    ),
    "two-people": Scenario(
        "Two people",
        (
            Figure(
                MAN,
                Outfit(
                    shirt=(0.08, 0.12, 0.28),
                    trousers=(0.16, 0.13, 0.09),
                    sleeve=1.9,
                    stripes=0.03,
                    stripe=(0.5, 0.5, 0.5),
                ),
                TALK,
                heading=42,
                place=(-0.62, 0.0),
            ),
            Figure(
                WOMAN,
                Outfit(
                    shirt=(0.55, 0.30, 0.06), trousers=(0.03, 0.05, 0.10), skin=(0.55, 0.33, 0.23), bun=0.05
                ),
                STAND,
                heading=-38,
                place=(0.62, 0.1),
            ),
        ),
        Camera((0.0, -4.9, 1.35), (0.0, 0.0, 0.92), width=1280, height=960, fov=26),
        Room(wall_colour=(0.56, 0.47, 0.42), posters=(0.0,), seed=8),
        seed=8,
    ),
}
