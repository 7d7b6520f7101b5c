"""Register the views, one file each: functions of what they are shown and their own view state.

:data:`VIEWS` is what docks and menus are made from. Importing it loads no VTK: the 3D view does so in
its ``prepare``.
"""

from kaa_gui.ui.controls.strength_histogram import StrengthSlider
from kaa_gui.ui.views.activations import ActivationsView
from kaa_gui.ui.views.correlation import CorrelationView
from kaa_gui.ui.views.curves import CurvesView
from kaa_gui.ui.views.input import InputView
from kaa_gui.ui.views.joints import JointsView
from kaa_gui.ui.views.perturbation import PerturbationView
from kaa_gui.ui.views.picture_view import PictureView, Probe
from kaa_gui.ui.views.skeleton_3d import Skeleton3DView
from kaa_gui.ui.views.view import View

VIEWS: dict[str, type[View]] = {
    view.name: view
    for view in (
        InputView,
        CorrelationView,
        PerturbationView,
        Skeleton3DView,
        CurvesView,
        JointsView,
        ActivationsView,
    )
}
"""By name, in the order of the menu."""

__all__ = [
    "VIEWS",
    "ActivationsView",
    "CorrelationView",
    "InputView",
    "JointsView",
    "PerturbationView",
    "PictureView",
    "Probe",
    "Skeleton3DView",
    "StrengthSlider",
    "View",
]
