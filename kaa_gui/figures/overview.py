"""The approach for one picture: image, correlations, perturbation, attacked image, poses, trajectory."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d import Axes3D

from kaa_gui.core.types import GREY_LEVELS, Metrics, Pose, Run
from kaa_gui.figures import palette
from kaa_gui.figures.output import STYLE

WIDTH_MM, HEIGHT_MM = 180.0, 112.0
MM_PER_INCH = 25.4
VISIBLE_SCORE = 0.5


def overview(run: Run) -> Figure:
    """Return the overview figure of a run, 180 mm wide."""
    last = run.snapshots[-1]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_MM / MM_PER_INCH, HEIGHT_MM / MM_PER_INCH), layout="constrained")
        grid = figure.add_gridspec(2, 3)
        axes = [figure.add_subplot(grid[0, column]) for column in range(3)]
        _picture(axes[0], run.scene.crop, "a  clean picture")
        _skeleton(axes[0], run.scene.clean, palette.CLEAN)
        _correlations(axes[1], run)
        _perturbation(figure, axes[2], last.perturbation)
        attacked = figure.add_subplot(grid[1, 0])
        _picture(attacked, last.adversarial, "d  attacked picture")
        _skeleton(attacked, run.scene.clean, palette.CLEAN, faint=True)
        _skeleton(attacked, last.attacked, palette.ATTACKED)
        space = figure.add_subplot(grid[1, 1], projection="3d")
        assert isinstance(space, Axes3D)  # noqa: S101 - for the type checker
        _poses(space, run.scene.clean, last.attacked)
        _trajectory(figure.add_subplot(grid[1, 2]), run.metrics)
        figure.suptitle(_caption(run), fontsize=6.5)
    return figure


def _caption(run: Run) -> str:
    last, config = run.snapshots[-1], run.snapshots[-1].config
    budget = (
        f"ε = {config.epsilon * GREY_LEVELS:g}/255" if config.norm == "linf" else f"ε = {config.epsilon:g}"
    )
    norm = "l∞" if config.norm == "linf" else "l2"
    method = config.method.upper() + (f" with mask {config.mask}" if config.mask else "")
    return (
        f"{method}, k = {run.scene.layer.name}, {norm}, {budget}, "
        f"{last.iteration} iterations, seed {config.seed}: "
        f"joints moved by {last.metrics.displacement_px:.1f} px, "
        f"RMSE {last.metrics.perturbation_rmse:.2f} grey levels"
    )


def _picture(axes: Axes, pixels: np.ndarray, title: str) -> None:
    height, width = pixels.shape[:2]
    axes.imshow(pixels, extent=(0, width, height, 0), interpolation="nearest")
    axes.set_title(title, loc="left")
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(height, 0))


def _skeleton(axes: Axes, pose: Pose, colour: str, *, faint: bool = False) -> None:
    alpha = 0.45 if faint else 1.0
    for start, end in pose.skeleton.bones:
        if min(pose.scores[start], pose.scores[end]) >= VISIBLE_SCORE:
            line = pose.keypoints[[start, end]]
            axes.plot(
                line[:, 0], line[:, 1], color=colour, alpha=alpha, linewidth=1.0, solid_capstyle="round"
            )


def _correlations(axes: Axes, run: Run) -> None:
    last = run.snapshots[-1]
    grey = np.repeat(run.scene.crop.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    if run.field is None or not np.isfinite(last.alpha):
        _picture(axes, grey, "b  no mask: C = 1 everywhere")
        return
    _picture(axes, grey, f"b  correlations at α = {last.alpha:.3g}")
    classes = run.field.classes(last.alpha)
    height, width = classes.shape
    axes.imshow(
        np.ma.masked_equal(classes, 0),
        cmap=ListedColormap(palette.CLASS_COLOURS),
        vmin=0,
        vmax=3,
        alpha=0.6,
        extent=(0, width, height, 0),
        interpolation="nearest",
    )
    shares = [(classes == number).mean() for number in range(4)]
    patches = [
        Patch(facecolor=colour, edgecolor="0.4", linewidth=0.4, label=f"{name} {share:.0%}")
        for colour, name, share in zip(palette.CLASS_COLOURS, palette.CLASS_NAMES, shares, strict=True)
    ]
    axes.legend(handles=patches, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=2, frameon=False)


def _perturbation(figure: Figure, axes: Axes, change: np.ndarray) -> None:
    strongest = np.take_along_axis(change, np.abs(change).argmax(axis=2)[:, :, None], axis=2)[:, :, 0]
    limit = max(float(np.abs(strongest).max()), 1e-3)
    height, width = strongest.shape
    image = axes.imshow(
        strongest,
        cmap=palette.DIVERGING,
        vmin=-limit,
        vmax=limit,
        extent=(0, width, height, 0),
        interpolation="nearest",
    )
    axes.set_title("c  perturbation, strongest channel", loc="left")
    axes.set_axis_off()
    figure.colorbar(image, ax=axes, shrink=0.8, label="grey levels")


def _poses(axes: Axes3D, clean: Pose, attacked: Pose) -> None:
    for pose, colour, label in ((clean, palette.CLEAN, "clean"), (attacked, palette.ATTACKED, "attacked")):
        points = pose.points_mm
        for number, (start, end) in enumerate(pose.skeleton_3d.bones):
            line = points[[start, end]]
            axes.plot(line[:, 0], line[:, 2], -line[:, 1], color=colour, label=label if number == 0 else None)
    axes.set_box_aspect((1, 1, 1))
    axes.set_title("e  3D pose (mm)", loc="left")
    axes.tick_params(labelsize=5, pad=-2)
    axes.set_aspect("equal")
    axes.view_init(elev=10, azim=-75)
    # seen from the front, labels along the depth would lie on top of each other
    axes.set_yticklabels([])
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=2, frameon=False)


def _trajectory(axes: Axes, trajectory: tuple[Metrics, ...]) -> None:
    iterations = [values.iteration for values in trajectory]
    axes.plot(iterations, [values.pose_error_mm for values in trajectory], color=palette.ATTACKED)
    axes.set_xlabel("iteration")
    axes.set_ylabel("3D pose error (mm)", color=palette.ATTACKED)
    axes.set_title("f  trajectory", loc="left")
    right = axes.twinx()
    right.plot(
        iterations, [values.perturbation_rmse for values in trajectory], color=palette.CLEAN, linestyle="--"
    )
    right.set_ylabel("perturbation RMSE (grey levels)", color=palette.CLEAN)
    right.spines["right"].set_visible(True)
