"""Motion capture in Biovision's BVH format: the skeleton, and where each joint is in a frame.

The file is text of unknown origin: sizes are checked before anything of that size is built.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.untrusted.paths import exists, is_file

_MAX_BYTES = 64 * 2**20
_MAX_JOINTS, _MAX_DEPTH, _MAX_CHANNELS = 1000, 200, 6
_MAX_WORDS = 8
_MAX_FRAMES = 1_000_000
_MAX_NUMBER = 1e9
_AXES = {"X": 0, "Y": 1, "Z": 2}
# programs differ in case, in tabs and in whether a bracket stands by itself
_WORD = re.compile(r"[{}]|[^\s{}]+")
_FRAMES = re.compile(r"\s*Frames\s*:(.*)", re.IGNORECASE | re.DOTALL)
_FRAME_TIME = re.compile(r"\s*Frame\s*Time\s*:", re.IGNORECASE)
_CHANNEL = re.compile(r"[xyz](position|rotation)", re.IGNORECASE)

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class BvhJoint:
    """One joint, or the end of a chain.

    Attributes:
        name: As in the file; an end has its parent's with ``_end``.
        parent: Index of its parent; -1 for the root.
        offset: ``(3,)`` from its parent at rest, in the file's unit.
        channels: Names of its numbers in a frame, in order, each such as ``"Zrotation"``.
    """

    name: str
    parent: int
    offset: Vector
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """A BVH file.

    Attributes:
        source: Name of the file, for messages.
        joints: Parents before their children.
        lines: One a frame, not read yet.
    """

    source: str
    joints: tuple[BvhJoint, ...]
    lines: tuple[str, ...]

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.lines)

    def values(self, frame: int) -> Vector:
        """Return the numbers of a frame, one a channel of all joints in order.

        Raises:
            ConfigError: There is no such frame, or it does not hold them.
        """
        if not 0 <= frame < self.frames:
            rule = f"frame must be from 0 to {self.frames - 1} in {self.source}"
            raise ConfigError(f"{rule}, got {frame}; write FILE.bvh:FRAME")
        count = sum(len(joint.channels) for joint in self.joints)
        words = self.lines[frame].split(maxsplit=count)
        if len(words) != count:
            raise _broken(self.source, f"frame {frame} must hold {count} numbers, got {len(words)}")
        return np.array([_number(word, self.source) for word in words])

    def posed(self, frame: int) -> tuple[Vector, Vector]:
        """Return where the joints are in a frame, ``(J, 3)``, and how they are turned, ``(J, 3, 3)``."""
        return _kinematics(self.joints, self.values(frame))

    def at_rest(self) -> Vector:
        """Return where the joints are without any rotation, ``(J, 3)``."""
        places = np.zeros((len(self.joints), 3))
        for index, joint in enumerate(self.joints):
            if joint.parent >= 0:
                places[index] = places[joint.parent] + joint.offset
        return places


def read_bvh(path: Path) -> Motion:
    """Read a BVH file: its skeleton whole, its frames as lines.

    Raises:
        ConfigError: It is too large, damaged, or something else.
    """
    try:
        # opening a pipe would wait for ever
        if exists(path) and not is_file(path):
            raise ConfigError(f"BVH file must be a regular file, got {path.name}")
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"BVH file must be at most {_MAX_BYTES >> 20} MiB, got {path.name}")
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise ConfigError(f"BVH file must be readable, got {path.name}: {error.strerror}") from error
    matches = _WORD.finditer(text)
    joints = _hierarchy((match[0] for match in matches), path.name)
    first = next(matches, None)
    return Motion(path.name, joints, _frames(text[first.start() :] if first else "", path.name))


def _frames(motion: str, source: str) -> tuple[str, ...]:
    lines = (line.rstrip("\n") for line in io.StringIO(motion) if not line.isspace())
    promised = _FRAMES.fullmatch(next(lines, ""))
    if promised is None or not _FRAME_TIME.match(next(lines, "")):
        raise _broken(source, "MOTION must begin with Frames: and Frame Time:")
    count = _count(promised[1].strip(), _MAX_FRAMES)
    if not count:
        raise _broken(source, f"Frames must be from 1 to {_MAX_FRAMES}, got {promised[1].strip()[:20]!r}")
    # a recording that was cut short still has its first frames
    frames = tuple(islice(lines, count))
    if not frames:
        raise _broken(source, "MOTION holds no frame")
    return frames


def _count(word: str, most: int) -> int | None:
    """Return a whole number from 0 to ``most``; None for anything else, however many digits it has."""
    digits = word.lstrip("0") or word[:1]
    if not digits.isdecimal() or len(digits) > len(str(most)) or int(digits) > most:
        return None
    return int(digits)


def _hierarchy(words: Iterator[str], source: str) -> tuple[BvhJoint, ...]:
    """Read the nested blocks up to MOTION, without recursion: the depth is the file's choice."""
    if next(words, "").upper() != "HIERARCHY":
        raise _broken(source, "it must begin with HIERARCHY")
    joints: list[BvhJoint] = []
    open_blocks: list[int] = []
    for word in words:
        kind = word.upper()
        if kind == "MOTION" and joints and not open_blocks:
            return tuple(joints)
        if kind == "}":
            if not open_blocks:
                raise _broken(source, "a bracket closes nothing")
            open_blocks.pop()
            continue
        if kind not in ("ROOT", "JOINT", "END") or (kind == "ROOT") != (not open_blocks):
            raise _broken(source, f"{word[:30]!r} stands where a joint was expected")
        if len(joints) >= _MAX_JOINTS or len(open_blocks) >= _MAX_DEPTH:
            raise _broken(source, f"it must have at most {_MAX_JOINTS} joints, {_MAX_DEPTH} deep")
        parent = open_blocks[-1] if open_blocks else -1
        joints.append(_joint(kind, words, parent, joints, source))
        open_blocks.append(len(joints) - 1)
    raise _broken(source, "a bracket is missing" if open_blocks else "the part MOTION is missing")


def _joint(kind: str, words: Iterator[str], parent: int, joints: list[BvhJoint], source: str) -> BvhJoint:
    name = _name(words)
    if next(words, "").upper() != "OFFSET":
        raise _broken(source, f"{name[:30]!r} must have an OFFSET")
    offset = np.array([_number(next(words, ""), source) for _ in range(3)])
    if kind == "END":
        return BvhJoint(f"{joints[parent].name}_end", parent, offset, ())
    if next(words, "").upper() != "CHANNELS":
        raise _broken(source, f"{name[:30]!r} must have CHANNELS")
    count = _count(next(words, ""), _MAX_CHANNELS)
    if count is None:
        raise _broken(source, f"{name[:30]!r} must have at most {_MAX_CHANNELS} channels")
    channels = tuple(next(words, "") for _ in range(count))
    for channel in channels:
        if not _CHANNEL.fullmatch(channel):
            raise _broken(source, f"channel {channel[:30]!r} is unknown")
    return BvhJoint(name, parent, offset, tuple(channel.capitalize() for channel in channels))


def _name(words: Iterator[str]) -> str:
    """Return the name, up to the bracket; 3ds Max writes spaces into names, ``Bip01 L Thigh``."""
    parts: list[str] = []
    for word in words:
        if word == "{" or len(parts) > _MAX_WORDS:
            break
        parts.append(word)
    return " ".join(parts)


def _kinematics(joints: tuple[BvhJoint, ...], values: Vector) -> tuple[Vector, Vector]:
    places, turns = np.zeros((len(joints), 3)), np.zeros((len(joints), 3, 3))
    first = 0
    for index, joint in enumerate(joints):
        step, turn = joint.offset.copy(), np.eye(3)
        for channel, value in zip(joint.channels, values[first : first + len(joint.channels)], strict=True):
            axis = _AXES[channel[0]]
            if channel.endswith("position"):
                step[axis] = value
            else:
                turn = turn @ _rotation(axis, float(value))
        first += len(joint.channels)
        if joint.parent < 0:
            places[index], turns[index] = step, turn
        else:
            places[index] = places[joint.parent] + turns[joint.parent] @ step
            turns[index] = turns[joint.parent] @ turn
    return places, turns


def _rotation(axis: int, degrees: float) -> Vector:
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.eye(3)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turn[first, first] = turn[second, second] = cos
    turn[first, second], turn[second, first] = -sin, sin
    return turn


def _number(word: str, source: str) -> float:
    try:
        value = float(word)
    except ValueError:
        raise _broken(source, f"{word[:30]!r} is no number") from None
    # NaN is not below any limit either
    if not abs(value) <= _MAX_NUMBER:
        raise _broken(source, f"{word[:30]!r} is no sensible number")
    return value


def _broken(source: str, why: str) -> ConfigError:
    return ConfigError(f"{source} is no intact BVH file: {why}")
