"""What a video file says of itself, as a value."""

from __future__ import annotations

from dataclasses import dataclass

SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv")


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a video file says of itself.

    Attributes:
        path: Of the file.
        frames: How many there are.
        frames_per_second: As recorded; 0 where unknown.
    """

    path: str
    frames: int
    frames_per_second: float
