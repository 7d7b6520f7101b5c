"""Show in the status line what goes on, how far, how fast, and with what effect."""

from __future__ import annotations

import math
from collections import deque

from PySide6.QtWidgets import QStatusBar

from kaa_gui.core.types import CorrelationField, Scene, Snapshot
from kaa_gui.ui.model.parameters import formatted
from kaa_gui.ui.model.state import State
from kaa_gui.ui.running.attack_runner import Phase
from kaa_gui.ui.running.tasks import Tasks
from kaa_gui.ui.widgets.plain import plain_label
from kaa_gui.ui.widgets.progress_line import ProgressLine
from kaa_gui.ui.widgets.steady import SteadyLabel
from kaa_gui.ui.workspace import Workspace

_WINDOW = 20  # iterates that the speed is averaged over


def phase_text(phase: Phase, state: State, *, awaiting: str | None, outdated: bool = False) -> str:
    """Return in a few words what is going on.

    Args:
        phase: Of the runner.
        state: With the newest values of the run.
        awaiting: What a run that has shown nothing yet is doing; None once it has.
        outdated: Whether parameters have changed since the run that is shown.
    """
    at = f" at {state.snapshot.iteration}/{state.snapshot.iterations}" if state.snapshot else ""
    if phase is Phase.RUNNING:
        if awaiting is not None:
            return awaiting
        if state.snapshot is not None:
            return f"Attacking {state.snapshot.iteration}/{state.snapshot.iterations}"
        return _streaming_text(state.field)
    found = ""
    if state.snapshot is not None and state.snapshot.final and state.snapshot.config.smallest:
        config = state.snapshot.config
        found = f" · smallest ε {formatted('epsilon', config.epsilon, config)}"
    words = {
        Phase.IDLE: "Ready" if state.picture else "Open a picture to begin",
        Phase.PAUSED: f"Paused{at}",
        Phase.FINISHED: f"Finished{at}{found}",
        Phase.STOPPED: f"Stopped{at}",
        Phase.FAILED: "Failed; the last good result stays",
    }
    return words[phase] + (" · Run takes up the changes" if outdated and phase is not Phase.IDLE else "")


def _streaming_text(field: CorrelationField | None) -> str:
    if field is None or field.complete:
        return "Preparing the attack…"
    left = "" if field.seconds_left is None else f" · {max(1, round(field.seconds_left))} s left"
    return f"Streaming correlations {field.rows_done}/{field.rows_total}{left}"


def verdict_text(snapshot: Snapshot) -> str:
    """Return whether an iterate succeeds, in memory and as saved; empty where it does neither."""
    judged = snapshot.judged
    if judged is None:
        return "success in memory" if snapshot.metrics.success else ""
    if judged.success:
        return "success as saved"
    return "success in memory only, fails as saved" if snapshot.metrics.success else "fails as saved"


def metrics_text(snapshot: Snapshot) -> str:
    """Return the verdict on an iterate and its numbers, with units."""
    metrics, verdict = snapshot.metrics, verdict_text(snapshot)
    error = "" if math.isnan(metrics.pose_error_mm) else f" · pose {metrics.pose_error_mm:.0f} mm"
    target = "" if math.isnan(metrics.target_error_px) else f" · target {metrics.target_error_px:.1f} px off"
    success = f"{verdict} · " if verdict else ""
    return (
        f"{success}moved {metrics.displacement_px:.1f} px{error}{target} · "
        f"RMSE {metrics.perturbation_rmse:.2f} grey levels"
    )


class Speed:
    """Iterations a second, from the computing time that snapshots carry."""

    def __init__(self) -> None:
        self._marks: deque[tuple[int, float]] = deque(maxlen=_WINDOW)

    def add(self, snapshot: Snapshot) -> None:
        """Take an iterate; one of a new run begins anew."""
        if self._marks and snapshot.iteration <= self._marks[-1][0]:
            self._marks.clear()
        self._marks.append((snapshot.iteration, snapshot.elapsed_s))

    @property
    def per_second(self) -> float | None:
        """The average over the last iterates; None before there are two."""
        if len(self._marks) < 2:
            return None
        (first, began), (last, ended) = self._marks[0], self._marks[-1]
        return (last - first) / (ended - began) if ended > began else None


class StatusLine(QStatusBar):
    """Text at the left; progress, numbers, speed and device at the right."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.parent)
        self._state, self._runner, self._conductor = workspace.state, workspace.runner, workspace.conductor
        self._speed = Speed()
        self._awaiting: str | None = None
        self._hint, self._in_progress = "", False
        self._build()
        self.follow(workspace.tasks)
        state = workspace.state
        state.parameters_changed.connect(lambda _change: self._show_run())
        state.run_begun.connect(self._on_run_begun)
        state.scene_changed.connect(self._on_scene)
        state.field_changed.connect(lambda _field: self._show_run())
        state.snapshot_changed.connect(self._on_snapshot)
        state.shown_changed.connect(lambda snapshot: self.numbers.setText(metrics_text(snapshot)))
        workspace.runner.phase_changed.connect(self._on_phase)
        self._show_run()

    def _build(self) -> None:
        self.setSizeGripEnabled(False)
        self.text = SteadyLabel()
        self.text.setAccessibleName("State")
        self.numbers = SteadyLabel()
        self.numbers.setAccessibleName("Numbers of the iterate shown")
        self.numbers.setToolTip(
            "In memory: of the iterate as it is · as saved: of its 8-bit picture, the person detected anew · "
            "mean displacement of the visible joints · MPJPE between clean and attacked 3D pose · "
            "root mean square of the perturbation over the crop"
        )
        self.speed = SteadyLabel()
        self.speed.setObjectName("muted")
        self.speed.setToolTip("Iterations a second")
        self.device = plain_label()
        self.device.setObjectName("muted")
        self.device.setToolTip("Where the network runs")
        self.progress = ProgressLine()
        self.progress.setFixedSize(140, 6)
        self.progress.setAccessibleName("Progress of the run")
        self.progress.hide()
        self.task = plain_label()
        self.task.setObjectName("muted")
        self.task.setAccessibleName("Background task")
        self.addWidget(self.text)
        self.addWidget(self.progress)
        self.addWidget(self.task)
        for label in (self.numbers, self.speed, self.device):
            self.addPermanentWidget(label)

    def show_hint(self, text: str) -> None:
        """Show what the tool in hand does, in place of all else; an empty text ends that."""
        if text != self._hint:
            self._hint = text
            self.show_probe("")

    def follow(self, tasks: Tasks) -> None:
        """Show what a thread is at, for as long as it is."""
        tasks.began.connect(lambda task: task.title and self.show_task(task.title))
        tasks.ended.connect(lambda task: task.title and self.show_task(""))

    def show_task(self, title: str) -> None:
        """Show what goes on besides, or nothing."""
        self.task.setText(f"{title}…" if title else "")

    def show_probe(self, text: str) -> None:
        """Show what is under the pointer, in place of the rest; an empty text gives the rest back."""
        text = self._hint or text
        for label in (self.numbers, self.speed, self.device):
            # a narrow window has no room for both
            label.setVisible(not text)
        if text:
            self.showMessage(text)
        else:
            self.clearMessage()
        self._place_progress()

    # --- news of the run ---

    def _on_run_begun(self) -> None:
        scene, picture = self._state.scene, self._state.picture
        if scene is None:
            self._awaiting = "Loading the network…"
        elif picture is not None and picture.sha256 != scene.picture.sha256:
            self._awaiting = "Finding people…"
        else:
            self._awaiting = "Starting over…"
        self._show_run()

    def _on_scene(self, _scene: Scene) -> None:
        self._awaiting = None
        self._show_run()

    def _on_snapshot(self, snapshot: Snapshot) -> None:
        self._speed.add(snapshot)
        speed = self._speed.per_second
        self.speed.setText("" if speed is None else f"{speed:.1f} it/s")
        self._show_run()

    def _on_phase(self, phase: Phase) -> None:
        if phase in (Phase.STOPPED, Phase.FAILED, Phase.FINISHED):
            self._awaiting = None
        self._show_run()

    def _show_run(self) -> None:
        """Show where the run stands."""
        state, phase = self._state, self._runner.phase
        self.text.setText(
            phase_text(phase, state, awaiting=self._awaiting, outdated=self._conductor.outdated)
        )
        done, total = 0, 0
        if self._awaiting is None and state.snapshot is not None:
            done, total = state.snapshot.iteration, state.snapshot.iterations
        elif self._awaiting is None and state.field is not None:
            done, total = state.field.rows_done, state.field.rows_total
        self._in_progress = phase in (Phase.RUNNING, Phase.PAUSED)
        self._place_progress()
        self.progress.show_progress(done, total)
        if state.scene is not None:
            self.device.setText(state.scene.device)

    def _place_progress(self) -> None:
        # shown from code, it would lie over the message that Qt has hidden it for
        self.progress.setVisible(self._in_progress and not self.currentMessage())
