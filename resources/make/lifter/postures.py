"""Postures to learn from: captured ones, mixed and bent, and synthetic everyday ones.

Axes as in :mod:`motions`: x forward, y up, z to the body's right. Angles below are degrees. A limb at
rest hangs down; turning it about +z brings it forward (flexion), about -x (right) or +x (left) sideways
(abduction). Left limbs are sampled like right ones and mirrored.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from lifter.motions import BALLS, Postures, join
from lifter.rotations import about, blend, from_axis_angle, multiply, random_axes

_UPPER_BALLS = [BALLS.index(name) for name in ("chest", "neck", "right_shoulder", "left_shoulder")]
_ARMS = [BALLS.index(name) for name in ("right_shoulder", "left_shoulder")]
_ELBOWS = [2, 3]

# flexion, abduction, rotation of the thigh, then flexion of the knee: low and high ends
_LEGS = {
    "stand": ((-8, 12), (-3, 12), (-15, 30), (0, 12)),
    "sit": ((65, 112), (-8, 30), (-20, 30), (55, 115)),
    "cross-legged": ((70, 110), (25, 50), (30, 70), (90, 135)),
    "squat": ((60, 125), (0, 35), (-10, 40), (70, 150)),
    "kneel": ((-20, 25), (-5, 20), (-15, 20), (75, 125)),
    "heel-sit": ((45, 85), (0, 25), (-10, 25), (125, 155)),
    "stride": ((-25, 60), (-5, 15), (-15, 25), (0, 75)),
    "any": ((-25, 120), (-15, 55), (-35, 50), (0, 145)),
}
_ARM_SWINGS = {
    "hang": ((-15, 20), (0, 25), (-30, 30), (0, 40)),
    "side": ((-15, 20), (70, 110), (-40, 90), (0, 30)),
    "up": ((-15, 20), (140, 185), (-40, 40), (0, 60)),
    "forward": ((50, 130), (-25, 30), (-45, 45), (0, 90)),
    "lap": ((5, 50), (-5, 25), (-60, 20), (35, 105)),
    "hip": ((-40, 0), (25, 55), (-70, -20), (70, 115)),
    "head": ((20, 100), (60, 140), (-50, 90), (90, 145)),
    "any": ((-50, 175), (-25, 170), (-90, 90), (0, 145)),
}
_LEG_SHARES = {"stand": 3.0, "walk": 3.0, "sit": 4.0, "cross-legged": 0.7, "squat": 1.0, "kneel": 1.0,
               "half-kneel": 0.8, "heel-sit": 0.5, "stride": 1.5, "any": 2.5}  # fmt: skip
_ARM_SHARES = {"hang": 3.0, "swing": 1.5, "side": 1.5, "up": 1.5, "forward": 1.5, "lap": 2.0, "hip": 0.7,
               "head": 0.7, "any": 3.0}  # fmt: skip


def bend(postures: Postures, degrees: float, generator: Generator) -> Postures:
    """Return the postures with every joint turned a little at random (standard deviation ``degrees``)."""
    count = len(postures)
    angle = torch.randn(count, len(BALLS), generator=generator) * math.radians(degrees)
    axes = random_axes(count * len(BALLS), generator).view(count, len(BALLS), 3)
    hinges = postures.hinges + torch.randn(count, 4, generator=generator) * math.radians(degrees)
    return Postures(multiply(postures.balls, from_axis_angle(axes, angle)), hinges.clamp(-0.05, 2.7))


def mirror(postures: Postures) -> Postures:
    """Return the mirror images: left and right exchanged, z reversed."""
    order = [BALLS.index(_other_side(name)) for name in BALLS]
    flipped = postures.balls[:, order] * torch.tensor([1.0, -1.0, -1.0, 1.0])
    return Postures(flipped, postures.hinges[:, [1, 0, 3, 2]])


def choose(which: Tensor, first: Postures, second: Postures) -> Postures:
    """Return the first posture where ``which`` ``(N,)`` is true, else the second."""
    return Postures(
        torch.where(which[:, None, None], first.balls, second.balls),
        torch.where(which[:, None], first.hinges, second.hinges),
    )


def captured(frames: Postures, count: int, generator: Generator) -> Postures:
    """Return ``count`` postures made from captured frames.

    A third are as captured; the others take the legs of one frame and the arms and trunk of another,
    or lie between two frames; half of all are mirrored, all are bent by some degrees.
    """

    def draw() -> Postures:
        drawn = frames[torch.randint(len(frames), (count,), generator=generator)]
        return choose(torch.rand(count, generator=generator) < 0.5, mirror(drawn), drawn)

    first, second, third = draw(), draw(), draw()
    kind = torch.rand(count, generator=generator)
    # a fraction along the way to another frame, each limb its own
    fraction = torch.rand(count, len(BALLS), 1, generator=generator) * (kind > 0.75)[:, None, None]
    balls = blend(first.balls, third.balls, fraction)
    sources = [BALLS.index(name) for name in ("right_hip", "left_hip", "right_shoulder", "left_shoulder")]
    hinges = first.hinges + fraction[:, sources, 0] * (third.hinges - first.hinges)
    mixed = ((kind > 0.33) & (kind < 0.85))[:, None]
    swapped = balls.clone()
    swapped[:, _UPPER_BALLS] = second.balls[:, _UPPER_BALLS]
    balls = torch.where(mixed[..., None], swapped, balls)
    swapped_hinges = hinges.clone()
    swapped_hinges[:, _ELBOWS] = second.hinges[:, _ELBOWS]
    captured_now = Postures(balls, torch.where(mixed, swapped_hinges, hinges))
    # half stay close to life, half go where no clip has been
    near, far = bend(captured_now, 4.0, generator), bend(captured_now, 14.0, generator)
    close = torch.rand(count, generator=generator) < 0.5
    return choose(close, near, far)


def synthetic(count: int, generator: Generator) -> Postures:
    """Return ``count`` everyday postures: standing, walking, sitting, kneeling, squatting, reaching.

    Legs, arms and trunk are drawn independently; both sides share their kind, not their angles.
    """
    legs, knees = _legs(count, generator)
    arms, elbows = _arms(count, generator)
    balls = torch.cat([_trunk(count, generator), legs, arms], dim=1)
    return bend(Postures(balls, torch.cat([knees, elbows], dim=1)), 4.0, generator)


def with_captured_arms(postures: Postures, frames: Postures, generator: Generator) -> Postures:
    """Return the postures with arms and elbows of random captured frames."""
    donors = captured(frames, len(postures), generator)
    balls, hinges = postures.balls.clone(), postures.hinges.clone()
    balls[:, _ARMS] = donors.balls[:, _ARMS]
    hinges[:, _ELBOWS] = donors.hinges[:, _ELBOWS]
    return Postures(balls, hinges)


def training_postures(frames: Postures, count: int, generator: Generator) -> Postures:
    """Return the training mixture: 55 % captured, 30 % synthetic, 15 % of both."""
    from_clips, everyday = int(count * 0.55), int(count * 0.30)
    both = count - from_clips - everyday
    parts = [captured(frames, from_clips, generator), synthetic(everyday, generator)]
    parts.append(with_captured_arms(synthetic(both, generator), frames, generator))
    return join(parts)


def _other_side(name: str) -> str:
    swap = {"left": "right", "right": "left"}
    side = name.split("_", maxsplit=1)[0]
    return name.replace(side, swap[side]) if side in swap else name


def _uniform(low: Tensor, high: Tensor, generator: Generator) -> Tensor:
    return low + (high - low) * torch.rand(low.shape, generator=generator)


def _kinds(shares: dict[str, float], count: int, generator: Generator) -> tuple[list[str], Tensor]:
    names = list(shares)
    weights = torch.tensor([shares[name] for name in names])
    return names, torch.multinomial(weights, count, replacement=True, generator=generator)


def _limb(angles: Tensor) -> tuple[Tensor, Tensor]:
    """Return ball quaternions ``(N, 2, 4)`` and hinges ``(N, 2)`` from ``(N, 2, 4)`` angles in degrees."""
    flexion, abduction, rotation, hinge = angles.deg2rad().unbind(-1)
    outwards = torch.tensor([-1.0, 1.0])  # right, left
    swing = multiply(about("z", flexion), about("x", outwards * abduction))
    return multiply(swing, about("y", outwards * rotation)), hinge


def _drawn_angles(table: dict[str, tuple], names: list[str], kinds: Tensor, generator: Generator) -> Tensor:
    """Return ``(N, 2, 4)`` angles in degrees, both sides in the ranges of their kind."""
    rest = next(iter(table.values()))
    ranges = torch.tensor([table.get(name, rest) for name in names], dtype=torch.float32)[kinds]
    low, high = ranges[..., 0][:, None].expand(-1, 2, -1), ranges[..., 1][:, None].expand(-1, 2, -1)
    angles = _uniform(low, high, generator)
    # sides resemble one another half of the time
    alike = (torch.rand(len(kinds), generator=generator) < 0.5)[:, None]
    angles[:, 1] = torch.where(alike, 0.8 * angles[:, 0] + 0.2 * angles[:, 1], angles[:, 1])
    return angles


def _legs(count: int, generator: Generator) -> tuple[Tensor, Tensor]:
    names, kinds = _kinds(_LEG_SHARES, count, generator)
    angles = _drawn_angles(_LEGS, names, kinds, generator)
    walking = kinds == names.index("walk")
    angles[walking] = _gait_legs(int(walking.sum()), generator)
    kneeling = (kinds == names.index("half-kneel")).nonzero().squeeze(1)
    if len(kneeling):
        front = torch.randint(2, (len(kneeling),), generator=generator)
        low = torch.tensor([[70.0, -5, -15, 70], [-10.0, -5, -15, 75]]).expand(len(kneeling), 2, 4)
        high = torch.tensor([[110.0, 25, 20, 110], [25.0, 15, 15, 115]]).expand(len(kneeling), 2, 4)
        pair = _uniform(low, high, generator)
        angles[kneeling, front], angles[kneeling, 1 - front] = pair[:, 0], pair[:, 1]
    return _limb(angles)


def _gait_legs(count: int, generator: Generator) -> Tensor:
    """Return leg angles of a walk at a random phase: thighs in antiphase, knees bent in the swing."""
    phase = torch.rand(count, 1, generator=generator) * 2 * math.pi + torch.tensor([0.0, math.pi])
    stride = 12 + 22 * torch.rand(count, 1, generator=generator)
    swing = 35 + 35 * torch.rand(count, 1, generator=generator)
    flexion = 3 + stride * phase.cos()
    knee = 6 + swing * (-(phase + 0.6).sin()).clamp_min(0) ** 1.5 + 8 * phase.cos().clamp_min(0)
    sideways = -2 + 8 * torch.rand(count, 2, generator=generator)
    turned = -10 + 25 * torch.rand(count, 2, generator=generator)
    return torch.stack([flexion, sideways, turned, knee], dim=-1)


def _arms(count: int, generator: Generator) -> tuple[Tensor, Tensor]:
    names, kinds = _kinds(_ARM_SHARES, count, generator)
    angles = _drawn_angles(_ARM_SWINGS, names, kinds, generator)
    # a third have each arm its own way
    other = _drawn_angles(_ARM_SWINGS, names, _kinds(_ARM_SHARES, count, generator)[1], generator)
    apart = torch.rand(count, generator=generator) < 0.35
    angles[apart, 1] = other[apart, 1]
    swinging = kinds == names.index("swing")
    number = int(swinging.sum())
    sway = (torch.rand(number, 1, generator=generator) * 2 - 1) * 35 * torch.tensor([1.0, -1.0])
    bent = 5 + 60 * torch.rand(number, 2, generator=generator)
    angles[swinging] = torch.stack([sway, 3 + sway * 0, sway * 0, bent], dim=-1)
    return _limb(angles)


def _trunk(count: int, generator: Generator) -> Tensor:
    """Return root, chest and neck ``(N, 3, 4)``: mostly upright, at times leaning, seldom lying."""
    lean = torch.randn(count, 3, 3, generator=generator) * torch.tensor(
        [[7.0, 8.0, 12.0], [8.0, 14.0, 10.0], [10.0, 20.0, 14.0]]
    )
    lean[:, 1, 2] -= 6 * torch.rand(count, generator=generator) * 2  # people slouch rather than arch
    fallen = torch.rand(count, generator=generator) < 0.06
    tilt = torch.where(fallen, 90 * torch.randn(count, generator=generator), lean[:, 0, 2])
    x, y, z = lean.deg2rad().unbind(-1)
    z = torch.stack([tilt.deg2rad(), z[:, 1], z[:, 2]], dim=1)
    return multiply(multiply(about("z", z), about("x", x)), about("y", y))
