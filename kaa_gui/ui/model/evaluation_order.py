"""Define what the evaluation panel asks for and hears back, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kaa_gui.core.types import AttackConfig, Person, Picture


@dataclass(frozen=True, slots=True)
class DatasetKind:
    """A format of data sets, as far as the panel must know it.

    Attributes:
        title: For tooltips.
        images: Whether its pictures may lie in another folder than what tells of them.
        squares: Whether it annotates where people are.
    """

    title: str
    images: bool = False
    squares: bool = False


@dataclass(frozen=True, slots=True)
class EvaluationOrder:
    """An evaluation as the panel describes it.

    Attributes:
        dataset: ``"KIND"`` or ``"KIND:PATH"``.
        folder: For the results.
        config: Attacks with this configuration alone; None makes the slides' two tables.
        limit: At most so many entries; None takes all.
        images: Folder of the pictures; None: beside the annotation file.
        crops: ``"detection"`` or ``"annotation"``: how people are cut out.
        defences: Whether to look again after compression, scaling, blur and with other crops.
        transfer: Whether the other victims look as well.
    """

    dataset: str
    folder: str
    config: AttackConfig | None = None
    limit: int | None = None
    images: str | None = None
    crops: str = "detection"
    defences: bool = False
    transfer: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class EvaluatedRow:
    """One attack of an evaluation, done or failed.

    Attributes:
        entry: Who was attacked.
        attack: Norm and method, as tables name them.
        goal: The target, or ``"non-target"``.
        success: The verdict on the saved picture; None if the attack failed.
        error_mm: 3D distance from the clean pose or, with a target, from the target.
        rmse: Of the saved perturbation, grey levels.
        failure: Why there are no numbers; empty if there are.
        config: Of the attack.
        person: Its number in the picture.
        load: Reads the picture again; slow.
        annotated: From height and width of a crop to the person as the data set says they stand; None where
            people were cut out by detection.
    """

    entry: str
    attack: str
    goal: str
    success: bool | None
    error_mm: float | None
    rmse: float | None
    failure: str
    config: AttackConfig
    person: int
    load: Callable[[], Picture]
    annotated: Callable[[tuple[int, int]], Person] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationNews:
    """What has come in.

    Attributes:
        rows: New ones.
        done: Rows on disk; None for no news.
        total: Rows of the plan.
        damaged: Entries of the data set that cannot be used; the report names them.
    """

    rows: Sequence[EvaluatedRow]
    done: int | None
    total: int
    damaged: int = 0


Listen = Callable[[EvaluationNews], None]
"""Takes news, called often, also without any; raises where nobody waits any more."""
EvaluateService = Callable[[EvaluationOrder, Listen], str]
"""Runs an evaluation, in processes of its own; returns the path of the report."""
