"""Choose the attack's target from a file, draw it in the picture, clear it, or write it to a file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog

from kaa_gui.ui.controls.panel import ControlsPanel
from kaa_gui.ui.files.formats import TARGET_FILTER
from kaa_gui.ui.files.save_dialogs import POSE_FILTERS, ask_to_open, ask_to_save, writing
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.workspace import Workspace

MOTION_SUFFIX = ".bvh"

AWAY = {"goal": "non-target", "target": None}


class Targets(QObject):
    """The goal of the attack, apart from the list in the panel."""

    def __init__(self, workspace: Workspace, controls: ControlsPanel) -> None:
        super().__init__(workspace.parent)
        self._workspace, self._controls = workspace, controls
        controls.goal.file_wanted.connect(self.choose)

    def choose(self) -> None:
        """Ask for a pose file or a picture to aim at."""
        title = "Aim at a pose, motion or picture"
        dialog = ask_to_open(self._workspace.parent, title, TARGET_FILTER, self.aim_at_file)
        dialog.rejected.connect(self._keep)

    def aim_at_file(self, path: str) -> None:
        """Aim at a pose file or picture; of a motion, ask for the frame first."""
        if Path(path).suffix.lower() != MOTION_SUFFIX:
            self._controls.goal.aim_at(path)
            return
        count = self._workspace.services.motion_frames
        self._workspace.tasks.submit(
            f"Reading {Path(path).name}",
            lambda _task: count(path),
            done=partial(self.ask_for_frame, path),
            key=self.aim_at_file,
        )

    def ask_for_frame(self, path: str, frames: int) -> None:
        """Ask which frame of a motion to aim at."""
        dialog = QInputDialog(self._workspace.parent)
        dialog.setWindowTitle("Frame of a motion")
        dialog.setLabelText(
            f"{Path(path).name} has {frames} frames, counted from 0. Aim at the pose in frame"
        )
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setIntRange(0, frames - 1)
        dialog.setIntValue((frames - 1) // 2)
        dialog.intValueSelected.connect(lambda frame: self._controls.goal.aim_at(f"{path}:{frame}"))
        dialog.rejected.connect(self._keep)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _keep(self) -> None:
        """Show the goal in force again: none was chosen."""
        self._controls.show_parameters(self._workspace.state.parameters)

    def draw(self, target: str) -> None:
        """Attack towards a pose drawn by hand, at once, even if the run was on hold or stopped.

        Args:
            target: As the input view emits it.
        """
        workspace, state = self._workspace, self._workspace.state
        changes: dict[str, object] = {"goal": "target", "target": target}
        if state.scene is not None and state.scene.layer.kind == "features":
            # at such a layer h*_k is the activation of a picture in that pose, and a drawn pose has none
            changes |= {"layer": None, "loss": None}
            layer = state.scene.layer.name
            workspace.tell(f"Layer k moved to the last: {layer} needs a picture of the target")
        state.apply(Edit(changes, new_gesture()))
        if state.parameters.config.target == target and workspace.conductor.outdated:
            workspace.conductor.start()

    def clear(self) -> None:
        """Attack away from the clean pose again."""
        state = self._workspace.state
        if state.parameters.config.target is None:
            self._workspace.tell("There is no target to clear")
        else:
            state.apply(Edit(AWAY, new_gesture()))

    def export(self) -> None:
        """Ask where to write the pose aimed at."""
        scene = self._workspace.state.scene
        if scene is None or scene.target is None:
            self._workspace.warn("There is no target to export: drag a joint, or aim at a pose")
            return
        name = f"{Path(scene.picture.name).stem}-target.json"
        ask_to_save(self._workspace.parent, "Export target pose", POSE_FILTERS, name, self.write)

    def write(self, path: Path) -> None:
        """Write the pose aimed at, in the background."""
        workspace, scene = self._workspace, self._workspace.state.scene
        if scene is not None:
            workspace.tasks.submit(
                f"Writing {path.name}",
                writing(workspace.services.export_target, scene, path, scene.picture),
                done=lambda path: workspace.tell(f"Wrote {path}"),
                key=self.write,
            )
