"""Data sets: one file each, one entry in the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from kaa_gui.core.errors import ConfigError
from kaa_gui.evaluation.datasets import coco, folder, h36m, mpii, samples, video
from kaa_gui.evaluation.datasets.entry import Entry, Fault, Square, Truth, listed

Reader = Callable[[Path, Path | None], Iterator[Entry | Fault]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A format of data sets.

    Attributes:
        title: For help and menus.
        read: From the annotation file (or folder) and the folder of pictures to entries and faults, lazily.
        needs_path: Whether a path must follow its name.
        images: Whether its pictures may lie in another folder than what tells of them.
        squares: Whether it annotates where people are, so that crops may follow the annotation.
    """

    title: str
    read: Reader
    needs_path: bool = True
    images: bool = False
    squares: bool = False


DATASETS: dict[str, Kind] = {
    "samples": Kind("the rendered samples that come along", samples.read, needs_path=False, squares=True),
    "folder": Kind("a folder of pictures", folder.read),
    "video": Kind("frames of a video", video.read),
    "coco": Kind("COCO person key points, JSON", coco.read, images=True, squares=True),
    "mpii": Kind("MPII, JSON list or the original .mat", mpii.read, images=True, squares=True),
    "h36m": Kind(
        "Human3.6M, COCO-style JSON with keypoints_3d, or an .npz list", h36m.read, images=True, squares=True
    ),
}
CROPS = ("detection", "annotation")


@dataclass(frozen=True, slots=True)
class Source:
    """Which entries of which data set, and how the person is cut out.

    Attributes:
        kind: Key of :data:`DATASETS`.
        path: Annotation file, folder or video; empty for the samples.
        images: Folder of the pictures, if not beside the annotation file.
        every: Take every n-th entry (of a video: frame).
        limit: At most so many entries.
        crops: ``"detection"``: the victim's own detector; ``"annotation"``: the annotated square.
        raw_colours: Whether the pictures' colour profiles are passed over.
    """

    kind: str = "samples"
    path: str = ""
    images: str | None = None
    every: int = 1
    limit: int | None = None
    crops: str = "detection"
    raw_colours: bool = False

    def __post_init__(self) -> None:
        if self.kind not in DATASETS:
            raise ConfigError(
                f"dataset must be KIND:PATH with KIND one of {', '.join(DATASETS)}, got {self.kind!r}"
            )
        if DATASETS[self.kind].needs_path and not self.path:
            raise ConfigError(f"dataset {self.kind} needs a path; write {self.kind}:PATH")
        if self.crops not in CROPS:
            raise ConfigError(f"crops must be detection or annotation, got {self.crops!r}")
        if self.every < 1:
            raise ConfigError(f"every must be at least 1, got {self.every}")
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"limit must be at least 1, got {self.limit}")

    @classmethod
    def parse(cls, text: str, **others: Any) -> Source:
        """Read ``KIND`` or ``KIND:PATH``.

        Raises:
            ConfigError: A field is no good, or the pictures of such a data set lie in no other folder.
        """
        kind, _, path = text.partition(":")
        source = cls(kind, path, **others)
        # not for a plan on disk: older ones may say so
        if source.images is not None and not DATASETS[kind].images:
            takers = ", ".join(name for name, each in DATASETS.items() if each.images)
            raise ConfigError(f"images goes with {takers} alone, got {text}; leave --images out")
        return source

    def entries(self) -> list[Entry | Fault]:
        """Return the chosen entries, pictures unread, and the damaged ones.

        Raises:
            KaaError: The data set cannot be read at all.
        """
        images = None if self.images is None else Path(self.images)
        items = DATASETS[self.kind].read(Path(self.path), images)
        chosen = listed(items, every=self.every, limit=self.limit)
        if not self.raw_colours:
            return chosen
        return [replace(item, raw_colours=True) if isinstance(item, Entry) else item for item in chosen]

    def as_json(self) -> dict[str, Any]:
        """Return the fields; paths made absolute, so that the same folder is known again."""
        values = asdict(self)
        for name in ("path", "images"):
            if values[name]:
                values[name] = str(Path(values[name]).absolute())
        return values


__all__ = ["CROPS", "DATASETS", "Entry", "Fault", "Kind", "Source", "Square", "Truth"]
