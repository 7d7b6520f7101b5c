"""Read a run for figures, live or from disk, with what was measured of its saved picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.metrics import joint_table
from kaa_gui.core.types import AttackConfig, Metrics, Pose, Run, Snapshot, UInt8Image
from kaa_gui.core.wording import radius_text

JointRow = Mapping[str, object]
"""A joint's ``joint``, ``visible``, ``displacement_px``, ``error_mm``, ``target_error_mm``; the last four
may be missing."""

METHOD_ORDER = ("fgsm", "i-fgsm", "bpda", "kaa", "kaa+er")


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Part of an attack that a figure draws, with its own numbers.

    Attributes:
        crop: ``(H, W, 3)`` uint8.
        pose: Pose in it; None where the detector does not find the person in the saved picture.
        metrics: The verdict included.
        saved: Whether all this is of the saved picture; else it is of an iterate.
        iterate: Iterate, in words.
    """

    crop: UInt8Image
    pose: Pose | None
    metrics: Metrics
    saved: bool
    iterate: str = "last iterate"

    @property
    def words(self) -> str:
        """Description of what is drawn."""
        return "saved picture" if self.saved else self.iterate

    @property
    def verdict(self) -> str:
        """Whether the attack succeeded, in a word or two."""
        if self.pose is None:
            return "failed, person not found"
        return "success" if self.metrics.success else "failed"


@dataclass(frozen=True, slots=True)
class Source:
    """Place that a saved run was read from.

    Attributes:
        folder: Folder as it was named.
        files: File name -> SHA-256, of the files that hold what is drawn.
    """

    folder: Path
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One run as figures and tables read it.

    Attributes:
        name: Short label: the folder's name, or the picture's.
        run: Scene, field, last iterate, trajectory.
        saved: Metrics of the 8-bit picture as written, through the whole pipeline; None for an unsaved run.
        person_found: Whether the detector still finds the person in the saved picture.
        joints: Errors, one row a joint, of the saved picture where there is one.
        provenance: Provenance as in ``run.json``: configuration, seed, versions, hashes, device, threads.
        rank: Place of its method among those drawn; None takes the usual order.
        saved_crop: ``(H, W, 3)`` uint8, the saved picture as the clean crop's frame shows it; None for a run
            that isn't saved, or was before this was kept.
        saved_pose: The pose in the saved picture, in that frame; None also where nobody was found.
        source: None for a run that isn't saved.
    """

    name: str
    run: Run
    saved: Metrics | None = None
    person_found: bool = True
    joints: tuple[JointRow, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    rank: int | None = None
    saved_crop: UInt8Image | None = None
    saved_pose: Pose | None = None
    source: Source | None = None

    @property
    def last(self) -> Snapshot:
        """The last iterate."""
        return self.run.snapshots[-1]

    @property
    def config(self) -> AttackConfig:
        """The configuration in force at the last iterate."""
        return self.last.config

    @property
    def clean(self) -> Pose:
        """The victim's pose for the clean crop."""
        return self.run.scene.clean

    @property
    def judged(self) -> Metrics:
        """The numbers that success is judged by: of the saved picture, else of the last iterate."""
        return self.last.metrics if self.saved is None else self.saved

    @property
    def shown(self) -> Shown:
        """Iterate to draw, with its own numbers: the saved picture, or the last iterate where that is all."""
        if self.saved is not None and self.saved_crop is not None:
            return Shown(self.saved_crop, self.saved_pose, self.saved, saved=True)
        return Shown(
            self.last.adversarial, self.last.attacked, self.last.metrics, saved=False, iterate=self.iterate
        )

    @property
    def iterate(self) -> str:
        """Name of the iterate that is drawn: in the window one may go back to an earlier one."""
        last = self.last.iteration >= self.run.metrics[-1].iteration
        return "last iterate" if last else f"iterate {self.last.iteration}"

    @property
    def title(self) -> str:
        """The picture's name, as it can be printed."""
        return printable(self.run.scene.picture.name)

    @property
    def picture(self) -> str:
        """Identifies the attacked person: the picture's hash and the person's number."""
        scene = self.run.scene
        return f"{scene.picture.sha256}:{scene.person.number}"


def live_record(run: Run, provenance: Mapping[str, Any] | None = None) -> Record:
    """Return a run that isn't saved as a record."""
    last = run.snapshots[-1]
    joints = tuple(joint_table(run.scene.clean, last.attacked, run.scene.target))
    own = {"config": last.config.as_json(), "seed": last.config.seed}
    return Record(printable(run.scene.picture.name), run, joints=joints, provenance=provenance or own)


def printable(text: str) -> str:
    """Return a name that every format can hold: file names may have bytes and controls that none can."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(letter if letter.isprintable() else "?" for letter in whole)


def method_title(config: AttackConfig) -> str:
    """Return a method as figures and tables name it, with its mask where that is not its own."""
    title = config.method.upper()
    return f"{title}, {config.mask} mask" if config.mask else title


def epsilon_text(config: AttackConfig) -> str:
    """Return ε with its unit."""
    return radius_text(config.norm, config.epsilon)


def group_key(record: Record) -> tuple[int, str, bool]:
    """Return what sorts records by method, then norm, in the order in which papers compare them."""
    config = record.config
    usual = METHOD_ORDER.index(config.method) if config.method in METHOD_ORDER else len(METHOD_ORDER)
    return usual if record.rank is None else record.rank, method_title(config), config.norm != "linf"


def arranged(records: tuple[Record, ...], order: tuple[str, ...]) -> tuple[Record, ...]:
    """Return the records with their methods' places: those of the order first, then the usual ones.

    Raises:
        ConfigError: No record is of a method of the order.
    """
    found = methods_of(records)
    if missing := [method for method in order if method not in found]:
        raise ConfigError(f"order must be of methods of the runs ({', '.join(found)}), got {missing[0]!r}")
    wanted = tuple(dict.fromkeys((*order, *found)))
    return tuple(replace(record, rank=wanted.index(record.config.method)) for record in records)


def methods_of(records: tuple[Record, ...]) -> tuple[str, ...]:
    """Return the methods of records, in the order in which figures draw them."""
    return tuple(dict.fromkeys(record.config.method for record in sorted(records, key=group_key)))


def groups(records: tuple[Record, ...]) -> dict[tuple[str, str], tuple[Record, ...]]:
    """Return the records by method title and norm, in order; runs of a group differ in the picture."""
    found: dict[tuple[str, str], list[Record]] = {}
    for record in sorted(records, key=group_key):
        found.setdefault((method_title(record.config), record.config.norm), []).append(record)
    return {key: tuple(members) for key, members in found.items()}


def finite(values: list[float]) -> list[float]:
    """Return the values that are numbers."""
    return [value for value in values if np.isfinite(value)]
