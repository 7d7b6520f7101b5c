"""Sum up the rows of one attack: success rate, perturbation, errors, controls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core import wording
from kaa_gui.core.attacks.methods import METHODS
from kaa_gui.core.config import as_older_version_meant, heading
from kaa_gui.core.metrics import or_none
from kaa_gui.core.types import AttackConfig
from kaa_gui.evaluation.results.outcome import Record
from kaa_gui.evaluation.tables.gathered import MEASURED, WHOSE, Members, gather
from kaa_gui.evaluation.tables.statistics import Interval, bootstraps, share_interval

PROTOCOLS = {name: f"{number} {name}" for name, number in wording.PROTOCOLS.items()}
"""The slides' names of the two targets."""
_NOT_VARYING = {"method", "norm", "goal", "target", "seed", "layer", "mask"}
VARYING = (
    *(item.name for item in fields(AttackConfig) if item.name not in _NOT_VARYING),
    "layer_name",
    "mask_used",
)
"""Columns that tell attacks of one method, norm and goal apart; seeds are repetitions."""
COLUMNS = ("row", "method", "norm", "target", *VARYING, *WHOSE, *MEASURED)
"""All that is read of rows to sum them up."""

Key = tuple[Any, ...]
"""Identifies an attack within an evaluation."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One attack over the data set. Shares in [0, 1], RMSE in grey levels, intervals at 95 %.

    Attributes:
        method: Key.
        norm: Key.
        target: Name; None is non-target.
        variant: Further differences within the evaluation, in words.
        epsilon: Radius of the ball.
        success_mm: Threshold.
        n: Rows that count.
        pictures: Independent ones among them: of what is in one picture or sequence, whatever the seed.
        left_out: Rows that met the criterion before the attack.
        not_found: Rows whose person the detector no longer finds in the saved picture.
        successes: Successes of n, judged on the saved picture.
        sr: Success rate.
        sr_interval: Wilson's, or over pictures where one occurs several times.
        sr_bootstrap: Over pictures in any case.
        rmse: Mean RMSE of the saved perturbation.
        rmse_interval: Bootstrap over pictures.
        first_rmse: Mean RMSE of the first iterate that succeeded, where one did.
        first_n: Rows of n where one did.
        pose_error_mm: Mean 3D distance from the clean pose, saved.
        target_error_mm: Mean 3D distance from the target, saved.
        noise_sr: Success rate of noise of the same RMSE.
        clean_truth_mm: Mean 3D error of the clean pose against ground truth, if known.
    """

    method: str
    norm: str
    target: str | None
    variant: str
    epsilon: float
    success_mm: float
    n: int
    pictures: int
    left_out: int
    not_found: int
    successes: int
    sr: float
    sr_interval: Interval
    sr_bootstrap: Interval
    rmse: float
    rmse_interval: Interval
    first_rmse: float
    first_n: int
    pose_error_mm: float
    target_error_mm: float
    noise_sr: float
    clean_truth_mm: float

    @property
    def label(self) -> str:
        """As the slides name an attack, e.g. ``ℓ∞ KAA+ER``, followed by what else sets it apart."""
        return label_of(self.norm, self.method, self.variant)

    @property
    def goal(self) -> str:
        """The target as the slides name it, or ``non-target``."""
        return goal_of(self.target)

    def as_json(self) -> dict[str, Any]:
        """Return flat JSON values."""
        values: dict[str, Any] = {}
        for name, value in asdict(self).items():
            if isinstance(value, tuple):
                values |= {f"{name}_low": or_none(value[0]), f"{name}_high": or_none(value[1])}
            else:
                values[name] = or_none(value) if isinstance(value, float) else value
        return values


def labels_of(firsts: Mapping[Key, Record]) -> dict[Key, str]:
    """Return the label of each attack, as its summary has it.

    Args:
        firsts: A row of each attack.
    """
    rows = list(firsts.values())
    return {key: label_of(row["norm"], row["method"], variant_of(row, rows)) for key, row in firsts.items()}


def goal_of(target: str | None) -> str:
    """Return a target as the slides name it, or ``non-target``."""
    return "non-target" if target is None else PROTOCOLS.get(target, target)


def label_of(norm: str, method: str, variant: str = "") -> str:
    """Return an attack as the slides name it, e.g. ``ℓ∞ KAA+ER``."""
    name = f"{wording.norm_title(norm)} {METHODS[method].title}"
    return f"{name}, {variant}" if variant else name


def summarise(groups: Mapping[Key, Members]) -> dict[Key, Summary]:
    """Return one summary for each attack, as :func:`grouped` has them."""
    firsts = [members.first for members in groups.values()]
    return {key: _summary(members, variant_of(members.first, firsts)) for key, members in groups.items()}


def grouped(rows: Iterable[Record]) -> dict[Key, Members]:
    """Return the rows of each attack, in the order of the slides: goals, norms, methods."""
    return in_order(gather(rows, attack_key))


def in_order(groups: Mapping[Key, Members]) -> dict[Key, Members]:
    """Return attacks in the order of the slides."""
    return dict(sorted(groups.items(), key=lambda group: _place(group[1].first)))


def _place(row: Record) -> tuple[Any, ...]:
    """Return what sorts attacks: goals as in the slides, then norms, then methods."""
    targets, norms, methods = [None, *PROTOCOLS], list(wording.NORM_TITLES), list(METHODS)
    target = targets.index(row["target"]) if row["target"] in targets else len(targets)
    norm = norms.index(row["norm"]) if row["norm"] in norms else len(norms)
    method = methods.index(row["method"]) if row["method"] in methods else len(methods)
    return target, str(row["target"]), norm, method, row["epsilon"]


def attack_key(row: Record) -> Key:
    """Return what rows of the same attack have in common."""
    return (row["norm"], row["method"], row["target"], *settings_of(row, VARYING))


def settings_of(row: Record, names: Iterable[str]) -> tuple[Any, ...]:
    """Return some of a row's settings; rows of older versions lack columns."""
    wanted = tuple(names)
    read = {name: row[name] for name in (*wanted, "space", "stop_at_success") if name in row}
    known = as_older_version_meant(read)
    return tuple(known.get(name) for name in wanted)


def variant_of(row: Record, rows: Sequence[Record]) -> str:
    """Return in words what sets a row's attack apart from others of its method, norm and target."""
    kin = [other for other in rows if all(other[name] == row[name] for name in ("method", "norm", "target"))]
    columns = zip(*(settings_of(other, VARYING) for other in kin), strict=True)
    own = zip(VARYING, settings_of(row, VARYING), columns, strict=True)
    telling = [(name, value) for name, value, values in own if len(set(values)) > 1]
    return ", ".join(
        f"{_NAMES.get(name) or heading(name)} {_text(row, name, value)}" for name, value in telling
    )


_NAMES = {"layer_name": "layer", "mask_used": "mask"}


def _text(row: Record, name: str, value: Any) -> str:
    if name == "epsilon":
        return wording.radius_text(row["norm"], value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _summary(members: Members, variant: str) -> Summary:
    first, counted = members.first, members.counted
    column, wins = counted.columns, counted.columns["success"]
    rmse = column["saved_perturbation_rmse"]
    by_picture, rmse_interval = bootstraps([wins, rmse], counted.pictures)
    return Summary(
        method=first["method"],
        norm=first["norm"],
        target=first["target"],
        variant=variant,
        epsilon=first["epsilon"],
        success_mm=first["success_mm"],
        n=len(counted),
        pictures=len(np.unique(counted.pictures)),
        left_out=len(members) - len(counted),
        not_found=int((column["person_found"] == 0).sum()),
        successes=round(wins.sum()),
        sr=_mean(wins),
        sr_interval=share_interval(wins, counted.pictures),
        sr_bootstrap=by_picture,
        rmse=_mean(rmse),
        rmse_interval=rmse_interval,
        first_rmse=_mean(column["first_success_rmse"]),
        first_n=int(np.isfinite(column["first_success_rmse"]).sum()),
        pose_error_mm=_mean(column["saved_pose_error_mm"]),
        target_error_mm=_mean(column["saved_target_error_mm"]),
        noise_sr=_mean(column["noise_success"]),
        clean_truth_mm=_mean(column["clean_truth_mpjpe_mm"]),
    )


def _mean(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
