"""Own the window's model in the GUI thread: parameters with undo, and the newest values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.painted import check_painted_for, painted_size
from kaa_gui.core.types import CorrelationField, Metrics, Picture, Run, Scene, Snapshot
from kaa_gui.ui.model.parameters import Edit, Effort, Parameters, describe, effort, new_gesture
from kaa_gui.ui.model.services import Catalogue
from kaa_gui.ui.model.trajectory import JointCourse, Kept, Trajectory

_UNDO_LIMIT = 500
_MERGEABLE = 1  # QUndoStack only tries to merge commands of one id


@dataclass(frozen=True, slots=True)
class ParameterChange:
    """One step of the parameters.

    Attributes:
        before: Until now.
        after: From now on.
        effort: What the step asks for.
        settled: False while a hand is still dragging.
    """

    before: Parameters
    after: Parameters
    effort: Effort
    settled: bool


class State(QObject):
    """Holds what the window shows; everybody else asks, or hears of changes.

    Signals:
        parameters_changed: A :class:`ParameterChange`.
        refused: One line: why an edit was not taken.
        catalogue_changed: The new :class:`Catalogue`.
        picture_changed: The :class:`Picture` to be attacked next.
        run_begun: A new run has been asked for; what is shown is now stale.
        scene_changed: A :class:`Scene`.
        field_changed: A :class:`CorrelationField`, or None when the old one no longer applies.
        snapshot_changed: A :class:`Snapshot`: the newest one.
        shown_changed: The :class:`Snapshot` to look at: the newest one, or an earlier one gone back to.
        history_changed: The metrics of all iterations so far.
        joint_changed: Name of the joint that is looked at now; empty for none.
    """

    parameters_changed = Signal(object)
    refused = Signal(str)
    catalogue_changed = Signal(object)
    picture_changed = Signal(object)
    run_begun = Signal()
    scene_changed = Signal(object)
    field_changed = Signal(object)
    snapshot_changed = Signal(object)
    shown_changed = Signal(object)
    history_changed = Signal(object)
    joint_changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(_UNDO_LIMIT)
        self._parameters = Parameters()
        self._catalogue = Catalogue()
        self._picture: Picture | None = None
        self._scene: Scene | None = None
        self._field: CorrelationField | None = None
        self._trajectory = Trajectory()
        self._past: Snapshot | None = None
        self._joint = ""

    # --- parameters ---

    @property
    def parameters(self) -> Parameters:
        """In force now."""
        return self._parameters

    @property
    def defaults(self) -> Parameters:
        """What "reset" goes back to."""
        return Parameters()

    @property
    def catalogue(self) -> Catalogue:
        """The choices on offer; empty until the engine has been asked."""
        return self._catalogue

    def set_catalogue(self, catalogue: Catalogue) -> None:
        """Offer these choices from now on."""
        self._catalogue = catalogue
        self.catalogue_changed.emit(catalogue)

    def apply(self, edit: Edit) -> None:
        """Take an edit, undoable; one that contradicts a rule is refused and the controls go back."""
        try:
            after = self._parameters.with_changes(edit.changes)
            self._check_fit(after)
        except ConfigError as error:
            self.refused.emit(str(error))
            self._announce(self._parameters, self._parameters, settled=True)
            return
        if after != self._parameters:
            self.undo_stack.push(_ParameterCommand(self, self._parameters, after, edit))

    def reset(self) -> None:
        """Set every parameter but the person to its default, undoable."""
        keep_person = {"person": self._parameters.person}
        after = self.defaults.with_changes(keep_person)
        changes = {name: after.get(name) for name in self._parameters.differences(after)}
        if changes:
            self.apply(Edit(changes, new_gesture()))

    def adopt(self, changes: Mapping[str, Any]) -> None:
        """Change parameters silently: no undo step, nothing is run again (e.g. a new picture's person)."""
        before, self._parameters = self._parameters, self._parameters.with_changes(changes)
        change = ParameterChange(before, self._parameters, Effort.NOTHING, settled=True)
        self.parameters_changed.emit(change)

    def take(self, parameters: Parameters, *, settled: bool) -> None:
        """Put parameters into force (for undo commands); paint of another picture's size is left out."""
        before, self._parameters = self._parameters, self._fitting(parameters)
        self._announce(before, self._parameters, settled=settled)

    def _check_fit(self, parameters: Parameters) -> None:
        """Refuse paint of another size than the picture's."""
        if self._picture is not None:
            check_painted_for(parameters.config.region_mask, self._picture.pixels.shape)

    def _fitting(self, parameters: Parameters) -> Parameters:
        """Return the parameters, without paint of another size than the picture's, which is told."""
        try:
            self._check_fit(parameters)
        except ConfigError:
            height, width = painted_size(parameters.config.region_mask or "")
            self.refused.emit(
                f"The painted region is for a picture of {width} x {height} pixels and not used on this one; "
                "paint another, or open that picture again and undo"
            )
            return parameters.with_changes({"region_mask": None})
        return parameters

    def _announce(self, before: Parameters, after: Parameters, *, settled: bool) -> None:
        self.parameters_changed.emit(ParameterChange(before, after, self._effort(before, after), settled))

    def _effort(self, before: Parameters, after: Parameters) -> Effort:
        asked = effort(before, after)
        newest = self._trajectory.newest
        # a run whose mask needs no threshold has no reason to start over for one
        if asked is Effort.MASK and newest is not None and math.isnan(newest.alpha):
            return Effort.VIEW
        return asked

    # --- values of the current run ---

    @property
    def picture(self) -> Picture | None:
        """To be attacked by the next run."""
        return self._picture

    @property
    def scene(self) -> Scene | None:
        """Last one that arrived."""
        return self._scene

    @property
    def field(self) -> CorrelationField | None:
        """Newest one that belongs to the scene."""
        return self._field

    @property
    def snapshot(self) -> Snapshot | None:
        """Newest iterate of the current run."""
        return self._trajectory.newest

    @property
    def shown(self) -> Snapshot | None:
        """The iterate to look at: the newest one, or an earlier one that the user has gone back to."""
        return self.snapshot if self._past is None else self._past

    @property
    def live(self) -> bool:
        """Whether what is shown follows the run."""
        return self._past is None

    @property
    def trajectory(self) -> Trajectory:
        """What is kept of the current run."""
        return self._trajectory

    def go_to(self, iteration: int | None) -> None:
        """Look at the kept iterate nearest to a number; the newest one, or None, follows the run again."""
        past = None if iteration is None else self._trajectory.at(iteration)
        self._look_at(None if past is self.snapshot else past)

    def hold(self) -> None:
        """Keep looking at the newest iterate while the run goes on."""
        if self.live:
            self._look_at(self.snapshot)

    def _look_at(self, past: Snapshot | None) -> None:
        if past is self._past or (past and self._past and past.iteration == self._past.iteration):
            return
        self._past = past
        if self.shown is not None:
            self.shown_changed.emit(self.shown)

    @property
    def metrics(self) -> Sequence[Metrics]:
        """Of every iteration of the current run."""
        return self._trajectory.metrics

    @property
    def joint(self) -> str:
        """Name of the joint that is looked at; empty for none."""
        return self._joint

    @property
    def joint_course(self) -> JointCourse | None:
        """How far the joint that is looked at has moved; None while there is none."""
        return self._trajectory.course_of(self._joint) if self._joint else None

    def look_at_joint(self, joint: str) -> None:
        """Bring a joint out by its name; empty brings out none."""
        self._joint = joint
        self.joint_changed.emit(joint)

    @property
    def alpha(self) -> float | None:
        """The threshold α in force on the present field; None without a field."""
        if self._field is None:
            return None
        config = self._parameters.config
        if isinstance(config.alpha, float | int):
            return float(config.alpha)
        if config.alpha is not None and self.snapshot is not None:
            return self.snapshot.alpha
        return self._field.alpha_keeping(config.kept_fraction)

    def as_run(self) -> Run | None:
        """Return the current run with all that is kept of it; None before the first iterate."""
        if self._scene is None or self.snapshot is None:
            return None
        return self._trajectory.as_run(self._scene, self._field)

    def shown_run(self) -> Run | None:
        """Return the run up to the iterate on screen, for figures and files; None before the first one."""
        if self._scene is None or self.shown is None:
            return None
        return self._trajectory.as_run(self._scene, self._field, last=self._past)

    def set_picture(self, picture: Picture) -> None:
        """Choose the picture of the next run; paint of another size is let go, undoable."""
        self._picture = picture
        self.picture_changed.emit(picture)
        after = self._fitting(self._parameters)
        if after != self._parameters:
            # a gesture of its own, which no other step is merged with
            edit = Edit({"region_mask": None}, gesture=-1 - self.undo_stack.count())
            self.undo_stack.push(_ParameterCommand(self, self._parameters, after, edit))

    def show_run(self, run: Run) -> None:
        """Take a run of earlier, whole."""
        self._field = None
        self.set_picture(run.scene.picture)
        self.set_scene(run.scene)
        if run.field is not None:
            self.set_field(run.field)
        *earlier, newest = run.snapshots
        for snapshot in earlier:
            self.add(snapshot, ())
        self.add(newest, run.metrics)

    def begin_run(self) -> None:
        """Note that a new run has been asked for; the old values stay until new ones arrive."""
        self.run_begun.emit()

    def set_scene(self, scene: Scene) -> None:
        """Take the first value of a run; a field of another picture, person or layer is dropped."""
        before, self._scene = self._scene, scene
        self._trajectory, self._past = Trajectory(), None
        if self._field is not None and (before is None or _subject(before) != _subject(scene)):
            self._field = None
        self.scene_changed.emit(scene)

    def set_field(self, field: CorrelationField) -> None:
        """Take a grown correlation field."""
        self._field = field
        self.field_changed.emit(field)

    def add(self, snapshot: Snapshot | None, metrics: Sequence[Metrics], kept: Sequence[Kept] = ()) -> None:
        """Take new iterates: the newest one, and the numbers and packed values of all of them."""
        first = self._trajectory.newest is None
        self._trajectory.add(snapshot, metrics, kept)
        if snapshot is not None:
            if first and self._field is None:
                self.field_changed.emit(None)
            self.snapshot_changed.emit(snapshot)
            if self.live:
                self.shown_changed.emit(snapshot)
        if metrics:
            self.history_changed.emit(self._trajectory.metrics)


def _subject(scene: Scene) -> tuple[object, ...]:
    """Return what the correlations of a scene depend on."""
    return (scene.picture.sha256, scene.person.number, scene.spec.name, scene.layer)


class _ParameterCommand(QUndoCommand):
    """One gesture; the moves of a drag are merged into it."""

    def __init__(self, state: State, before: Parameters, after: Parameters, edit: Edit) -> None:
        super().__init__(describe(before, after))
        self._state = state
        self._before, self._after = before, after
        self._gesture = edit.gesture
        self._settled = edit.settled

    def id(self) -> int:
        return _MERGEABLE

    def redo(self) -> None:
        self._state.take(self._after, settled=self._settled)
        self._settled = True  # done again later, it is no drag

    def undo(self) -> None:
        self._state.take(self._before, settled=True)

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _ParameterCommand) or other._gesture != self._gesture:
            return False
        self._after = other._after
        # the bindings never let go of a command that has gone into another one
        del other._state
        self.setText(describe(self._before, self._after))
        self.setObsolete(self._before == self._after)
        return True
