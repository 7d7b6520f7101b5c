"""Check an evaluation's tables that come from disk: column types, and what reports rely on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute

from kaa_gui.core import wording
from kaa_gui.core.attacks.methods import METHODS
from kaa_gui.evaluation.plan.checks import CHECKS

pc: Any = pyarrow.compute
"""Its functions are made when it is imported, where no type checker sees them."""
KEYS: Mapping[str, tuple[str, ...]] = {
    "rows": ("row",),
    "checks": ("row", "check", "victim"),
    "timings": ("row",),
    "failures": ("row", "entry"),
}
"""Table -> the columns that identify a record."""
ROW = "^[0-9a-f]{16}$"
"""Pattern of a row's identifier: it becomes part of file names."""
LARGEST = 1e30
"""Largest magnitude of a number: it fits single precision."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEXT = _words(
    "row dataset entry crops picture picture_sha256 weights_sha256 victim method layer goal target norm loss "
    "mask alpha per region region_mask rows layer_name mask_used reference skeleton skeleton_3d check reason "
    "truth_note space"
)
_WHOLE = _words(
    "person people batch reference_joints iterations views restarts seed layer_index layer_outputs rows_read "
    "final_iteration saved_iteration first_success_iteration final_l0 saved_l0 saved_picture_l0"
)
_FLAGS = _words(
    "keep_best stop_at_success stop_in_memory quantise final_success saved_success noise_success "
    "person_found success smallest met_before control_person_found control_success defect"
)
_LISTS = (
    "trajectory_",
    "clean_keypoints",
    "clean_points",
    "saved_keypoints",
    "saved_points",
    "target_keypoints",
    "target_points",
)
_TRAJECTORIES = ("trajectory_pose_mm", "trajectory_rmse", "trajectory_target_mm")
_FILLED: Mapping[str, frozenset[str]] = {
    "rows": _words("row entry victim method norm epsilon success_mm success met_before").union(_TRAJECTORIES),
    "checks": _words("row check victim success control_success person_found"),
    "timings": _words("row"),
    "failures": _words("entry reason"),
}
"""Table -> columns that are there and hold a value in every record."""
_NEEDED: Mapping[str, frozenset[str]] = {
    "rows": _words(
        "target saved_pose_error_mm saved_target_error_mm saved_perturbation_rmse target_error_before_mm "
        "clean_truth_mpjpe_mm layer_name mask_used clean_keypoints clean_points_mm saved_keypoints "
        "saved_points_mm skeleton skeleton_3d"
    ),
    "failures": _words("row"),
}
"""Table -> further columns that are there."""
_CHOICES: Mapping[str, Any] = {
    "method": pa.array(list(METHODS)),
    "norm": pa.array(list(wording.NORM_TITLES)),
    "check": pa.array(list(CHECKS)),
}
_PATTERNS = {"row": (ROW, "16 hexadecimal digits"), "picture_sha256": ("^[0-9a-f]{16,64}$", "hexadecimal")}


def column_type(name: str) -> Any:
    """Return the type of a column; numbers where nothing else is known."""
    if name in _TEXT:
        return pa.string()
    if name in _WHOLE:
        return pa.int64()
    if name in _FLAGS:
        return pa.bool_()
    if name.startswith(_LISTS):
        return pa.list_(pa.float64())
    return pa.float64()


def check_schema(name: str, schema: Any) -> None:
    """Refuse a table that lacks a column, or has one of another type.

    Args:
        name: One of :data:`KEYS`.
        schema: Of the whole table.

    Raises:
        ValueError: Names the column.
    """
    if len(set(schema.names)) < len(schema.names):
        raise ValueError("every column must be there once")
    if missing := sorted((_FILLED[name] | _NEEDED.get(name, frozenset())) - set(schema.names)):
        raise ValueError(f"column {missing[0]} is missing")
    for field in schema:
        kind = column_type(field.name)
        # other tools know no type of a column without any value
        if not field.type.equals(kind) and (field.type != pa.null() or field.name in _FILLED[name]):
            raise ValueError(f"column {field.name} must be of type {kind}, got {field.type}")


def check_values(name: str, table: Any) -> None:
    """Refuse values that no evaluation writes.

    Args:
        name: One of :data:`KEYS`.
        table: Table or batch of a checked schema, or some of its columns.

    Raises:
        ValueError: Names the first column that holds one.
    """
    table.validate(full=True)
    for column in table.schema.names:
        values = table.column(column)
        if values.null_count and column in _FILLED[name]:
            raise ValueError(f"{column} must have a value in every record")
        if values.null_count == len(values):
            continue
        if column in _PATTERNS:
            pattern, words = _PATTERNS[column]
            _require(pc.match_substring_regex(values, pattern), column, f"be {words}")
        elif column in _CHOICES:
            _require(pc.is_in(values, _CHOICES[column]), column, "be one that is known here")
        elif values.type in (pa.float64(), pa.list_(pa.float64())):
            numbers = pc.list_flatten(values) if pa.types.is_list(values.type) else values
            _require(pc.less(pc.abs(numbers), LARGEST), column, f"be below {LARGEST:g}")
    there = [column for column in _TRAJECTORIES if column in table.schema.names]
    # all of them hold a value in every record
    lengths = [pc.list_value_length(table.column(column)) for column in there]
    for column, length in zip(there[1:], lengths[1:], strict=True):
        _require(pc.equal(lengths[0], length), column, f"be as long as {there[0]}")


def _require(kept: Any, column: str, rule: str) -> None:
    # what is missing keeps any rule
    if pc.all(kept, min_count=0).as_py() is False:
        raise ValueError(f"{column} must {rule} in every record")
