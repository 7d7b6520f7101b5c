"""Build the side panel: every parameter, in groups, from what the catalogue offers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from kaa_gui.core.config import PARAMETERS
from kaa_gui.core.types import CorrelationField, Scene, Snapshot
from kaa_gui.ui.controls.alpha_field import AlphaField
from kaa_gui.ui.controls.fields import ChoiceField, Field, RegionField, SeedField, SliderField, SwitchField
from kaa_gui.ui.controls.goal_field import GoalField
from kaa_gui.ui.controls.layer_field import LayerField
from kaa_gui.ui.controls.radius_fields import NormField, RadiusField
from kaa_gui.ui.controls.rows_field import RowsField
from kaa_gui.ui.controls.scale import Scale
from kaa_gui.ui.model.parameters import FOLDED, GROUPS, Parameters
from kaa_gui.ui.model.services import Catalogue
from kaa_gui.ui.model.state import ParameterChange, State

_LABEL_WIDTH = 74
_SHARE_OF_SCREEN = 0.3
_WIDE = ("alpha", "layer")  # fields that take the whole width, their label above
_ORDER = (
    *("victim", "method", "layer", "goal", "loss", "reference", "mask", "rows", "alpha", "per", "region"),
    *("norm", "epsilon", "iterations", "step_size", "smallest", "space", "views", "momentum"),
    *("restarts", "keep_best", "stop_at_success", "stop_in_memory", "quantise", "success_mm"),
    *("seed", "person", "device"),
)
"""Names of the fields from top to bottom, within their groups."""
_SCALES = {
    "iterations": Scale(1, 1000, logarithmic=True, snap=1),
    "views": Scale(0, 8, steps=8, snap=1),
    "momentum": Scale(0, 1, steps=20, snap=0.05),
    "restarts": Scale(1, 20, steps=19, snap=1),
    "success_mm": Scale(10, 500, steps=49, snap=10),
}
_NONE_TITLES = {"loss": "Layer's default", "reference": "Automatic", "mask": "Method's default"}
_LOST_WITH = {"victim": {"layer": None, "loss": None, "reference": None}}
"""Parameters that lose their meaning when another changes."""


def _plain_field(name: str) -> Field:
    """Return a slider, a switch or a list, as the parameter's default and scale ask for."""
    default = Parameters().get(name)
    if isinstance(default, bool):
        return SwitchField(name)
    if (scale := _SCALES.get(name)) is None:
        return ChoiceField(name, none_title=_NONE_TITLES.get(name), also=_LOST_WITH.get(name))
    unit = PARAMETERS[name].unit
    return SliderField(
        name,
        scale,
        decimals=2 if scale.snap < 1 else 0,
        suffix=unit and f" {unit}",
        convert=round if isinstance(default, int) else float,
    )


class Section(QWidget):
    """A group of fields under a heading that folds."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.header = QToolButton()
        self.header.setObjectName("sectionHeader")
        self.header.setText(title)
        self.header.setCheckable(True)
        self.header.setChecked(True)
        self.header.setAutoRaise(True)
        self.header.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setArrowType(Qt.ArrowType.DownArrow)
        self.header.setToolTip(f"Fold or unfold {title.lower()}")
        self.header.toggled.connect(self._fold)
        self._body = QWidget()
        self._grid = QGridLayout(self._body)
        self._grid.setContentsMargins(8, 1, 8, 5)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)
        self.fields: list[Field] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self._body)

    def add(self, field: Field) -> None:
        """Append a field with its label."""
        self.fields.append(field)
        at = self._grid.rowCount()
        if isinstance(field, SwitchField):
            self._grid.addWidget(field, at, 0, 1, 2)
        elif field.name in _WIDE:
            self._grid.addWidget(field.label, at, 0, 1, 2)
            self._grid.addWidget(field, at + 1, 0, 1, 2)
        else:
            self._grid.addWidget(field.label, at, 0)
            self._grid.addWidget(field, at, 1)

    def update_presence(self) -> None:
        """Hide the group if all of its fields are hidden."""
        self.setVisible(any(not field.isHidden() for field in self.fields))

    def _fold(self, unfolded: bool) -> None:
        self._body.setVisible(unfolded)
        self.header.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)


class ControlsPanel(QScrollArea):
    """Shows all parameters, and passes on what a hand changes.

    Signals:
        edited: An :class:`~kaa_gui.ui.model.parameters.Edit`.
        settled: A drag has ended.
    """

    edited = Signal(object)
    settled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("controls")
        self.setAccessibleName("Parameters")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.alpha = AlphaField()
        self.layer = LayerField()
        self.norm = NormField()
        self.region = RegionField()
        self.goal = GoalField()
        self.rows = RowsField()
        self.person = ChoiceField("person")
        own: tuple[Field, ...] = (
            *(self.layer, self.goal, self.rows, self.alpha, self.region, self.norm, self.person),
            *(RadiusField("epsilon"), RadiusField("step_size", auto=True), SeedField()),
        )
        made = {field.name: field for field in own}
        self.fields: dict[str, Field] = {name: made.get(name) or _plain_field(name) for name in _ORDER}
        self._resets: dict[str, QAction] = {}
        self.sections = {title: Section(title) for title in GROUPS}
        for title in FOLDED:
            self.sections[title].header.setChecked(False)
        self._build()
        self.set_defaults(Parameters())
        self.show_parameters(Parameters())

    def _build(self) -> None:
        body = QWidget()
        body.setObjectName("controlsBody")
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for section in self.sections.values():
            layout.addWidget(section)
        layout.addStretch(1)
        for name, field in self.fields.items():
            self.sections[PARAMETERS[name].group].add(field)
            field.edited.connect(self.edited)
            field.settled.connect(self.settled)
            action = QAction(PARAMETERS[name].title, self)
            action.triggered.connect(lambda _checked=False, field=field: field.reset())
            self._resets[name] = action
        self.setWidget(body)
        self._claim_width()

    def _claim_width(self) -> None:
        """Ask for the width that the fields need, though never for most of a small screen."""
        body = self.widget()
        if body is None:
            return
        needed = body.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        wanted = min(needed, round(_SHARE_OF_SCREEN * self.screen().availableSize().width()))
        if self.minimumWidth() != wanted:
            self.setMinimumWidth(wanted)

    def event(self, event: QEvent) -> bool:
        """Follow the fields, which need another width with text of another size."""
        handled = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self._claim_width()
        return handled

    def follow(self, state: State) -> None:
        """Show what the state holds from now on, and let it take what a hand changes."""

        def show_field(_news: object = None) -> None:
            self.show_field(state.field, state.alpha)

        def on_catalogue(catalogue: Catalogue) -> None:
            self.set_catalogue(catalogue)
            self.show_parameters(state.parameters)

        def on_parameters(change: ParameterChange) -> None:
            self.show_parameters(change.after)
            show_field()

        def on_scene(scene: Scene) -> None:
            self.show_scene(scene)
            self.show_parameters(state.parameters)

        def on_snapshot(snapshot: Snapshot) -> None:
            if snapshot.iteration == 0:
                show_field()

        self.edited.connect(state.apply)
        state.catalogue_changed.connect(on_catalogue)
        state.parameters_changed.connect(on_parameters)
        state.scene_changed.connect(on_scene)
        state.field_changed.connect(show_field)
        state.snapshot_changed.connect(on_snapshot)

    def set_defaults(self, defaults: Parameters) -> None:
        """Set what resetting a single field goes back to."""
        together = {
            "alpha": ("alpha", "keep"),
            "norm": ("norm", "epsilon", "step_size"),
            "goal": ("goal", "target", "reference"),
            "region": ("region", "region_mask"),
        }
        for name, field in self.fields.items():
            names = together.get(name, (name,))
            field.set_default({item: defaults.get(item) for item in names})

    def set_catalogue(self, catalogue: Catalogue) -> None:
        """Offer these choices."""
        for name, field in self.fields.items():
            if isinstance(field, ChoiceField) and name != "person":
                choices = catalogue.titles(name)
                # "auto" is a device too, but no choice where there is only one
                if name == "device" and len(choices) > 1:
                    choices = {"auto": "Fastest", **choices}
                field.set_choices(choices)
        self.goal.set_targets(catalogue.titles("target"))
        self.rows.set_choices(catalogue.titles("rows"))
        for section in self.sections.values():
            section.update_presence()

    def show_scene(self, scene: Scene) -> None:
        """Offer the layers and people of a scene."""
        self.layer.set_layers(scene.layers)
        self.rows.set_layer(scene.layer)
        self.norm.crop_values = scene.crop.size
        self.person.set_choices(
            {
                item.number: f"{item.number + 1} of {len(scene.people)}, {item.score:.0%} sure"
                for item in scene.people
            }
        )
        for section in self.sections.values():
            section.update_presence()

    def show_parameters(self, parameters: Parameters) -> None:
        """Show the values in force; emits nothing."""
        for field in self.fields.values():
            field.show_parameters(parameters)

    def reset_actions(self) -> list[QAction]:
        """Return an action for each visible parameter that sets it back, for the command palette."""
        return [self._resets[name] for name, field in self.fields.items() if not field.isHidden()]

    def shutdown(self) -> None:
        """Stop the timers of the fields."""
        self.alpha.histogram.shutdown()

    def show_field(self, field: CorrelationField | None, alpha: float | None) -> None:
        """Show the correlations that α cuts; None where the method reads none."""
        self.alpha.set_field(field, alpha)
