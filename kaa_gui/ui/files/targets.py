"""Choose the attack's target from a file, draw it in the picture, clear it, or write it to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QInputDialog

from kaa_gui.ui.files.formats import TARGET_FILTER
from kaa_gui.ui.files.save_dialogs import POSE_FILTERS, ask_for_file, with_suffix, writing
from kaa_gui.ui.messages.notifications import Notice
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.running.tasks import TaskEnding

if TYPE_CHECKING:
    from kaa_gui.ui.window.main_window import MainWindow

EXPORT = "export target"
MOTION = "motion"
"""Kinds of task."""

MOTION_SUFFIX = ".bvh"

AWAY = {"goal": "non-target", "target": None}


class Aiming(QObject):
    """The goal of a window's attack, apart from the list in the panel."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.tasks.ended.connect(self.on_task_ended)

    def choose(self) -> None:
        """Ask for a pose file or a picture to aim at."""
        window = self._window
        dialog = ask_for_file(
            window, "Aim at a pose, motion or picture", TARGET_FILTER, QFileDialog.AcceptMode.AcceptOpen
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.aim_at_file)
        dialog.rejected.connect(lambda: window.controls.show_parameters(window.state.parameters))
        dialog.open()

    def aim_at_file(self, path: str) -> None:
        """Aim at a pose file or picture; of a motion, ask for the frame first."""
        window = self._window
        if Path(path).suffix.lower() != MOTION_SUFFIX:
            window.controls.goal.aim_at(path)
            return
        count = window.services.motion_frames
        window.tasks.submit(MOTION, f"Reading {Path(path).name}", lambda _task: (path, count(path)))

    def ask_for_frame(self, path: str, frames: int) -> None:
        """Ask which frame of a motion to aim at."""
        window = self._window
        dialog = QInputDialog(window)
        dialog.setWindowTitle("Frame of a motion")
        dialog.setLabelText(
            f"{Path(path).name} has {frames} frames, counted from 0. Aim at the pose in frame"
        )
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setIntRange(0, frames - 1)
        dialog.setIntValue((frames - 1) // 2)
        dialog.intValueSelected.connect(lambda frame: window.controls.goal.aim_at(f"{path}:{frame}"))
        dialog.rejected.connect(lambda: window.controls.show_parameters(window.state.parameters))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def on_task_ended(self, ending: TaskEnding) -> None:
        """Go on when a motion has been read."""
        if ending.task.kind == MOTION and ending.result is not None:
            self.ask_for_frame(*ending.result)

    def draw(self, target: str) -> None:
        """Attack towards a pose drawn by hand, at once, even if the run was on hold or stopped.

        Args:
            target: As the input view emits it.
        """
        window, scene = self._window, self._window.state.scene
        changes: dict[str, object] = {"goal": "target", "target": target}
        if scene is not None and scene.layer.kind == "features":
            # at such a layer h*_k is the activation of a picture in that pose, and a drawn pose has none
            changes |= {"layer": None, "loss": None}
            window.tell(
                Notice(f"Layer k moved to the last: {scene.layer.name} needs a picture of the target")
            )
        window.state.apply(Edit(changes, new_gesture()))
        if window.state.parameters.config.target == target and window.conductor.outdated:
            window.conductor.start()

    def clear(self) -> None:
        """Attack away from the clean pose again."""
        if self._window.state.parameters.config.target is None:
            self._window.tell(Notice("There is no target to clear"))
        else:
            self._window.state.apply(Edit(AWAY, new_gesture()))

    def export(self) -> None:
        """Ask where to write the pose aimed at."""
        window, scene = self._window, self._window.state.scene
        if scene is None or scene.target is None:
            window.tell(Notice("There is no target to export: drag a joint, or aim at a pose", "warning"))
            return
        dialog = ask_for_file(
            window, "Export target pose", ";;".join(POSE_FILTERS), QFileDialog.AcceptMode.AcceptSave
        )
        dialog.selectFile(f"{Path(scene.picture.name).stem}-target.json")
        dialog.fileSelected.connect(lambda name: self.write(with_suffix(Path(name), POSE_FILTERS, "")))
        dialog.open()

    def write(self, path: Path) -> None:
        """Write the pose aimed at, in the background."""
        window, scene = self._window, self._window.state.scene
        if scene is not None:
            work = writing(window.services.export_target, scene, path)
            window.tasks.submit(EXPORT, f"Writing {path.name}", work)
