"""One self-contained HTML page: nothing in it is fetched from anywhere."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from kaa_gui.core.wording import norm_title
from kaa_gui.evaluation.outcome import Record
from kaa_gui.evaluation.report.drawings import flat_skeleton, solid_skeleton
from kaa_gui.evaluation.store import Store
from kaa_gui.evaluation.summaries import attack_key, goal_of, labels_of
from kaa_gui.evaluation.tables import Titled
from kaa_gui.evaluation.thumbnails import attacked_view, clean_view, perturbation_view
from kaa_gui.figures.tables import cell_texts

GRID_PICTURES, CASES, FAILURES = 8, 4, 200

_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;color:#222;background:#fff;
max-width:1200px;margin:2em auto;padding:0 1em}
h1{font-size:1.5em}h2{font-size:1.2em;margin-top:2em;border-bottom:1px solid #ddd}h3{font-size:1em}
table{border-collapse:collapse;margin:.7em 0}td{white-space:nowrap}th,td{padding:.25em .7em;text-align:right;
border-bottom:1px solid #eee}
th:first-child,td:first-child{text-align:left}thead th{border-bottom:2px solid #999}
.caption,.note{color:#555;max-width:75em}.scroll{overflow-x:auto}
.grid{border-spacing:6px;border-collapse:separate}.grid td,.grid th{border:0;padding:2px;
text-align:center;vertical-align:top;font-size:12px}
.pair{display:flex;gap:3px;justify-content:center}
.view{position:relative;width:112px;height:112px;background:#f4f4f4}
.view img,.view svg{position:absolute;inset:0;width:100%;height:100%}
.won{outline:2px solid #ddd}.lost{outline:3px solid #d11}
figure{margin:1em 0}figure>svg{max-width:100%;height:auto}code{font-size:12px}
"""


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What the page shows.

    Attributes:
        store: Where the small pictures are.
        rows: All of them.
        failures: Rows and entries that could not be done.
        tables: In order.
        curves: Heading and SVG.
    """

    store: Store
    rows: Sequence[Record]
    failures: Sequence[Record]
    tables: Sequence[Titled]
    curves: Sequence[tuple[str, str]]


def page(content: Content) -> str:
    """Return the page."""
    parts = [_summary(content)]
    parts += [_table(table) for table in content.tables]
    parts += [f"<h2>{escape(title)}</h2><figure>{svg}</figure>" for title, svg in content.curves]
    if content.curves:
        parts.append('<p class="note">Lines: medians over the pictures; bands: quartiles.</p>')
    parts += _grids(content)
    parts += _cases(content)
    parts.append(_failures(content.failures))
    body = "\n".join(parts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>KAA Studio: evaluation</title>'
        f"<style>{_STYLE}</style></head><body><h1>Evaluation</h1>\n{body}\n</body></html>\n"
    )


def _summary(content: Content) -> str:
    plan, rows = content.store.plan(), content.rows
    source = plan.source
    entries = len({row["entry"] for row in rows})
    words = [
        f"Data set <b>{escape(source.kind)}</b> {escape(source.path)}, people cut out by "
        f"{escape(source.crops)}.",
        f"{len(rows)} rows: {entries} entries, {len({attack_key(row) for row in rows})} attacks; "
        f"{len(content.failures)} failures.",
    ]
    truths = {
        row["entry"]: row["clean_truth_mpjpe_mm"] for row in rows if row["clean_truth_mpjpe_mm"] is not None
    }
    if truths:
        mean = sum(truths.values()) / len(truths)
        words.append(
            f"Clean poses are {mean:.0f} mm (MPJPE, root-relative) from the ground truth of {len(truths)}."
        )
    return "".join(f"<p>{line}</p>" for line in words)


def _table(titled: Titled) -> str:
    table = titled.table
    head = "".join(f"<th>{escape(column.title)}</th>" for column in table.columns)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in texts) + "</tr>"
        for texts in cell_texts(table)
    )
    return (
        f'<h2>{escape(titled.title)}</h2><div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f'<tbody>{lines}</tbody></table></div><p class="caption">{escape(table.caption)}</p>'
    )


def _grids(content: Content) -> list[str]:
    """Return a qualitative grid for each norm and goal: the slides' Fig. 11 and 14, 12 and 15."""
    parts = []
    groups: dict[tuple[str, str | None], list[Record]] = {}
    for row in content.rows:
        groups.setdefault((row["norm"], row["target"]), []).append(row)
    for (norm, target), rows in groups.items():
        goal = goal_of(target) if target is None else f"towards {goal_of(target)}"
        labels = labels_of(rows)
        entries = list(dict.fromkeys(row["entry"] for row in rows))[:GRID_PICTURES]
        lines = [
            _grid_line(content.store, [row for row in rows if row["entry"] == name], list(labels))
            for name in entries
        ]
        if any("<img" in line for line in lines):
            head = "".join(f"<th>{escape(label)}</th>" for label in ("clean", *labels.values()))
            parts.append(
                f"<h2>Pictures: {escape(goal)}, {escape(norm_title(norm))}</h2>"
                '<p class="note">Crop with 2D pose, 3D pose; then the perturbation. Red: failed.</p>'
                f'<div class="scroll"><table class="grid"><tr>{head}</tr>{"".join(lines)}</table></div>'
            )
    return parts


def _grid_line(store: Store, rows: Sequence[Record], keys: Sequence[object]) -> str:
    cells = [f"<td>{_clean(store, rows[0])}</td>"]
    for key in keys:
        row = next((row for row in rows if attack_key(row) == key), None)
        cells.append("<td></td>" if row is None else f"<td>{_attacked(store, row)}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _clean(store: Store, row: Record) -> str:
    crop = _view(
        store.folder / clean_view(row["entry"], row["victim"]),
        flat_skeleton(row["clean_keypoints"], row["skeleton"]),
    )
    solid = _view(None, solid_skeleton(row["clean_points_mm"], row["skeleton_3d"]))
    return f'<div class="pair">{crop}{solid}</div>{escape(row["entry"])}'


def _attacked(store: Store, row: Record) -> str:
    kind = "won" if row["success"] else "lost"
    views = [
        _view(
            store.folder / attacked_view(row["row"]),
            flat_skeleton(row["saved_keypoints"], row["skeleton"]),
            kind,
        ),
        _view(None, solid_skeleton(row["saved_points_mm"], row["skeleton_3d"])),
        _view(store.folder / perturbation_view(row["row"]), ""),
    ]
    return f'<div class="pair">{"".join(views)}</div>{_numbers(row)}'


def _numbers(row: Record) -> str:
    error = row["saved_pose_error_mm"] if row["target"] is None else row["saved_target_error_mm"]
    if error is None:
        return "person no longer found"
    goal = "" if row["target"] is None else " to target"
    return f"{error:.0f} mm{goal}, RMSE {row['saved_perturbation_rmse']:.2f}"


def _view(path: Path | None, drawing: str, kind: str = "") -> str:
    picture = ""
    if path is not None:
        if not path.is_file():
            return f'<div class="view {kind}">{drawing}</div>'
        picture = f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(path.read_bytes()).decode()}">'
    return f'<div class="view {kind}">{picture}{drawing}</div>'


def _cases(content: Content) -> list[str]:
    """Return the best and worst rows: farthest from the clean pose, or nearest to the target."""
    parts = []
    for title, targeted in (("non-target", False), ("targets", True)):
        rows = [
            row for row in content.rows if (row["target"] is not None) == targeted and not row["met_before"]
        ]
        scored = sorted(
            (row for row in rows if _score(row) is not None), key=lambda row: -(_score(row) or 0.0)
        )
        if len(scored) < 2:
            continue
        half = min(CASES, len(scored) // 2)
        for words, chosen in (("Best", scored[:half]), ("Worst", scored[: -half - 1 : -1])):
            cells = "".join(
                f"<tr><td>{_clean(content.store, row)}</td><td>{_attacked(content.store, row)}</td>"
                f"<td>{escape(_name(row))}<br><code>{escape(row['row'])}</code></td></tr>"
                for row in chosen
            )
            parts.append(f'<h2>{words} cases: {title}</h2><table class="grid">{cells}</table>')
    return parts


def _score(row: Record) -> float | None:
    """Return how well an attack did: distance gone, or the share of the way to the target."""
    if row["target"] is None:
        return row["saved_pose_error_mm"]
    after, before = row["saved_target_error_mm"], row["target_error_before_mm"]
    return None if after is None or not before else 1 - after / before


def _name(row: Record) -> str:
    return f"{labels_of([row])[attack_key(row)]}, {goal_of(row['target'])}"


def _failures(failures: Sequence[Record]) -> str:
    if not failures:
        return "<h2>Failures</h2><p>None.</p>"
    lines = "".join(
        f"<tr><td>{escape(str(each['entry']))}</td><td><code>{escape(str(each['row'] or ''))}</code></td>"
        f"<td>{escape(_last_line(str(each['reason'])))}</td></tr>"
        for each in failures[:FAILURES]
    )
    more = (
        f"<p>and {len(failures) - FAILURES} more in failures.parquet</p>" if len(failures) > FAILURES else ""
    )
    return f"<h2>Failures</h2><table><tr><th>entry</th><th>row</th><th>reason</th></tr>{lines}</table>{more}"


def _last_line(text: str) -> str:
    # of a traceback; a reason has one line anyway
    return text.strip().splitlines()[-1] if text.strip() else ""
