"""Open, write and invert the region as a black and white picture."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.painted import painted_fault, painted_pixels, painted_size, painted_text, region_bitmap
from kaa_gui.core.types import AttackConfig, Scene
from kaa_gui.ui.files.formats import PICTURE_FILTER
from kaa_gui.ui.files.save_dialogs import PICTURE_FILTERS, ask_to_open, ask_to_save, writing
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.running.tasks import Task
from kaa_gui.ui.workspace import Workspace


class RegionFiles(QObject):
    """Slots of those of the region's actions that take a while; the tasks of all parts do the work."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.parent)
        self._workspace, self._state = workspace, workspace.state

    # --- slots of the actions ---

    def ask_to_open(self) -> None:
        """Ask for a black and white picture."""
        title = "Open region mask: white may change"
        ask_to_open(self._workspace.parent, title, PICTURE_FILTER, lambda name: self.open_path(Path(name)))

    def open_path(self, path: Path) -> None:
        """Make the white pixels of a picture file the painted region."""
        scene, load = self._state.scene, self._workspace.services.load_region
        if scene is None:
            return
        size = scene.picture.pixels.shape

        def work(_task: Task) -> str:
            text = load(path)
            _check_size(text, size, path.name)
            # read once more here, so that nobody else has to
            painted_fault(text)
            return text

        take = partial(self._take_file, path)
        self._workspace.tasks.submit(f"Opening {path.name}", work, done=take, key=self.open_path)

    def ask_to_export(self) -> None:
        """Ask where to write what may change."""
        if (scene := self._state.scene) is not None:
            title = "Export region mask: white may change"
            name = f"{Path(scene.picture.name).stem}-region.png"
            ask_to_save(self._workspace.parent, title, PICTURE_FILTERS, name, self.export)

    def export(self, path: Path) -> None:
        """Write what may change, box and paint together, as ``--region-mask`` reads it."""
        scene, save = self._state.scene, self._workspace.services.save_region
        if scene is None:
            return

        def write(config: AttackConfig, part: Path) -> None:
            bitmap = region_bitmap(config.region, config.region_mask, scene.picture.pixels.shape)
            if bitmap is None or not bitmap.any():
                raise ConfigError("region must hold a pixel of the picture; draw or paint one")
            save(bitmap, part)

        self._workspace.tasks.submit(
            f"Writing {path.name}",
            writing(write, self._state.parameters.config, path, scene.picture),
            done=lambda path: self._workspace.tell(f"Wrote {path}"),
            key=self.export,
        )

    def invert(self) -> None:
        """Let everything change that might not, and nothing of what might; a box becomes paint."""
        scene, config = self._state.scene, self._state.parameters.config
        if scene is not None:
            self._workspace.tasks.submit(
                "Inverting the region",
                lambda _task: _inverted(config, scene),
                done=partial(self._take_inverted, config),
                key=self.invert,
            )

    # --- inside ---

    def _take_file(self, path: Path, text: str) -> None:
        config = self._state.parameters.config
        self._state.apply(Edit({"region_mask": text}, new_gesture()))
        if self._state.parameters.config.region_mask == text:
            also = "" if config.region is None else ", and of them only those inside the box"
            self._workspace.tell(f"{painted_pixels(text)} pixels of {path.name} may change{also}")

    def _take_inverted(self, before: AttackConfig, text: str) -> None:
        config = self._state.parameters.config
        if (config.region, config.region_mask) == (before.region, before.region_mask):
            self._state.apply(Edit({"region": None, "region_mask": text}, new_gesture()))
        else:
            self._workspace.warn("The region has changed meanwhile; invert it again")


def _check_size(text: str, size: tuple[int, ...], name: str) -> None:
    height, width = painted_size(text)
    if (height, width) != size[:2]:
        raise ConfigError(
            f"{name} must be as large as the picture, {size[1]} x {size[0]} pixels, got {width} x {height}; "
            "scale it to that, or open its own picture first"
        )


def _inverted(config: AttackConfig, scene: Scene) -> str:
    bitmap = region_bitmap(config.region, config.region_mask, scene.picture.pixels.shape)
    if bitmap is None or bitmap.all():
        raise ConfigError("region must leave something out before it can be inverted; draw or paint one")
    text = painted_text(~bitmap)
    painted_fault(text)
    return text
