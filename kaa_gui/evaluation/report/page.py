"""Write one self-contained HTML page that fetches nothing from anywhere."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from kaa_gui.core.errors import one_line
from kaa_gui.core.wording import norm_title
from kaa_gui.evaluation.report.choice import Choice
from kaa_gui.evaluation.report.drawings import flat_skeleton, solid_skeleton
from kaa_gui.evaluation.results.outcome import Record
from kaa_gui.evaluation.results.store import Store
from kaa_gui.evaluation.rows.thumbnails import attacked_view, clean_view, perturbation_view
from kaa_gui.evaluation.tables.slides import Titled
from kaa_gui.evaluation.tables.summaries import Key, attack_key, goal_of
from kaa_gui.figures.tables import cell_texts

FAILURES = 200

_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;color:#222;background:#fff;
max-width:1200px;margin:2em auto;padding:0 1em}
h1{font-size:1.5em}h2{font-size:1.2em;margin-top:2em;border-bottom:1px solid #ddd}h3{font-size:1em}
table{border-collapse:collapse;margin:.7em 0}td{white-space:nowrap}th,td{padding:.25em .7em;text-align:right;
border-bottom:1px solid #eee}
th:first-child,td:first-child,th.text,td.text{text-align:left}thead th{border-bottom:2px solid #999}
.caption,.note{color:#555;max-width:75em}.scroll{overflow-x:auto}
.grid{border-spacing:6px;border-collapse:separate}.grid td,.grid th{border:0;padding:2px;
text-align:center;vertical-align:top;font-size:12px}
td.reason{text-align:left;white-space:normal;overflow-wrap:anywhere}
.pair{display:flex;gap:3px;justify-content:center}
.view{position:relative;width:112px;height:112px;background:#f4f4f4}
.view img,.view svg{position:absolute;inset:0;width:100%;height:100%}
.won{outline:2px solid #ddd}.lost{outline:3px solid #d11}
figure{margin:1em 0}figure>svg{max-width:100%;height:auto}code{font-size:12px}
"""


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """Content of the page.

    Attributes:
        store: Store that holds the small pictures.
        choice: Choice of the rows to show.
        rows: These, by their identifiers.
        labels: Labels of all attacks, in the order of the tables.
        failures: Rows and entries that could not be done.
        tables: Tables, in order.
        curves: Heading, SVG and caption.
    """

    store: Store
    choice: Choice
    rows: Mapping[str, Record]
    labels: Mapping[Key, str]
    failures: Sequence[Record]
    tables: Sequence[Titled]
    curves: Sequence[tuple[str, str, str]]


def _html(text: str) -> str:
    """Return text as the page shows it, in one line and tags and all."""
    return escape(one_line(text))


def page(content: Content) -> str:
    """Return the page."""
    parts = [_summary(content)]
    parts += [_table(table) for table in content.tables]
    parts += [
        f'<h2>{_html(title)}</h2><figure>{svg}<figcaption class="caption">{_html(caption)}</figcaption>'
        "</figure>"
        for title, svg, caption in content.curves
    ]
    parts += _grids(content)
    parts += _cases(content)
    parts.append(_failures(content.failures))
    body = "\n".join(parts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>KAA Studio: evaluation</title>'
        f"<style>{_STYLE}</style></head><body><h1>Evaluation</h1>\n{body}\n</body></html>\n"
    )


def _summary(content: Content) -> str:
    source, choice = content.store.plan().source, content.choice
    words = [
        f"Data set <b>{_html(f'{source.kind}:{source.path}' if source.path else source.kind)}</b>, people "
        f"cut out by {_html(source.crops)}. Attacked: {_html(', '.join(sorted(choice.victims)))}.",
        f"{choice.rows} rows: {len(choice.entries)} entries, {len(content.labels)} attacks; "
        f"{len(content.failures)} failures.",
    ]
    if truths := choice.truths:
        mean = sum(truths.values()) / len(truths)
        words.append(
            f"Clean poses are {mean:.0f} mm (MPJPE, root-relative) from the ground truth of {len(truths)}."
        )
    return "".join(f"<p>{line}</p>" for line in words)


def _table(titled: Titled) -> str:
    table = titled.table
    sides = [' class="text"' if column.align == "l" else "" for column in table.columns]

    def line(tag: str, texts: Iterable[str]) -> str:
        cells = (f"<{tag}{side}>{_html(text)}</{tag}>" for side, text in zip(sides, texts, strict=True))
        return f"<tr>{''.join(cells)}</tr>"

    head = line("th", (column.title for column in table.columns))
    lines = "".join(line("td", texts) for texts in cell_texts(table))
    return (
        f'<h2>{_html(titled.title)}</h2><div class="scroll"><table><thead>{head}</thead>'
        f'<tbody>{lines}</tbody></table></div><p class="caption">{_html(table.caption)}</p>'
    )


def _grids(content: Content) -> list[str]:
    """Return a qualitative grid for each norm and goal: the slides' Fig. 11 and 14, 12 and 15."""
    parts = []
    for (norm, target), entries in content.choice.grids.items():
        goal = goal_of(target) if target is None else f"towards {goal_of(target)}"
        shown = [[content.rows[row] for row in rows if row in content.rows] for rows in entries.values()]
        there = {attack_key(row) for rows in shown for row in rows}
        labels = {key: label for key, label in content.labels.items() if key in there}
        lines = [_grid_line(content.store, rows, list(labels)) for rows in shown if rows]
        if any("<img" in line for line in lines):
            head = "".join(f"<th>{_html(label)}</th>" for label in ("clean", *labels.values()))
            parts.append(
                f"<h2>Pictures: {_html(goal)}, {_html(norm_title(norm))}</h2>"
                '<p class="note">Crop with 2D pose, 3D pose; then the perturbation, its largest 1 % black or '
                f"white. Red: failed ({_html(_failing(rows[0] for rows in shown if rows))}).</p>"
                f'<div class="scroll"><table class="grid"><tr>{head}</tr>{"".join(lines)}</table></div>'
            )
    return parts


def _failing(rows: Iterable[Record]) -> str:
    """Return in words what a failed row is, or one that does not count."""
    row = next(iter(rows))
    side = "not above" if row["target"] is None else "not below"
    return f"{side} {row['success_mm']:g} mm, or the person is no longer found"


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
    return f'<div class="pair">{crop}{solid}</div>{_html(row["entry"])}'


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
    rmse = row["saved_perturbation_rmse"]
    if error is None or rmse is None:
        return "person no longer found"
    goal = "" if row["target"] is None else " to target"
    return f"{error:.0f} mm{goal}, RMSE {rmse:.2f}"


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
        for words, cases in (("Best", content.choice.best), ("Worst", content.choice.worst)):
            chosen = [content.rows[row] for row in cases[targeted] if row in content.rows]
            if not chosen:
                continue
            cells = "".join(
                f"<tr><td>{_clean(content.store, row)}</td><td>{_attacked(content.store, row)}</td>"
                f"<td>{_html(_name(content, row))}<br><code>{_html(row['row'])}</code></td></tr>"
                for row in chosen
            )
            parts.append(f'<h2>{words} cases: {title}</h2><table class="grid">{cells}</table>')
    return parts


def _name(content: Content, row: Record) -> str:
    return f"{content.labels[attack_key(row)]}, {goal_of(row['target'])}"


def _failures(failures: Sequence[Record]) -> str:
    if not failures:
        return "<h2>Failures</h2><p>None.</p>"
    lines = "".join(
        f"<tr><td>{_html(str(each['entry']))}</td><td><code>{_html(str(each['row'] or ''))}</code></td>"
        f'<td class="reason">{_html(_last_line(str(each["reason"])))}</td></tr>'
        for each in failures[:FAILURES]
    )
    more = (
        f"<p>and {len(failures) - FAILURES} more in failures.parquet</p>" if len(failures) > FAILURES else ""
    )
    head = '<tr><th>entry</th><th>row</th><th class="text">reason</th></tr>'
    return f"<h2>Failures</h2><table>{head}{lines}</table>{more}"


def _last_line(text: str) -> str:
    # of a traceback; a reason has one line anyway
    return text.strip().splitlines()[-1] if text.strip() else ""
