"""Write the lifter's card from its measured figures."""

from __future__ import annotations

import json
import statistics
import textwrap
from collections.abc import Iterable
from pathlib import Path

from lifter.views import NOMINAL_MM

_TEXT = """# The lifter

Seventeen 2D joints of the Human3.6M skeleton in, their root-relative 3D positions in millimetres out; a
residual network in the manner of Martinez et al. 2017 (arXiv:1705.03098). Weights: `lifter.safetensors`,
half precision, ours, Apache-2.0. This card is written by `resources/make/measure_lifter.py` from
`figures.json`; no figure below is typed by hand.

    pip install -e .[dev]
    {command}
    python resources/make/measure_lifter.py

{cpu_minutes} minutes of CPU time with {threads} thread(s), {minutes} by the clock of a busy two-core machine.
One thread repeats itself to the bit; another machine within noise.

## Input and output
- Input: x and y of each joint, centred on the mean of the joints that are there and divided by their mean
  distance from it, and whether the joint is there. So position and size in the crop do not matter.
- Output: x right, y down, z away from the camera, pelvis at the origin. One picture cannot tell size from
  distance: bodies have a nominal size (both legs, both arms and the trunk together {nominal:.0f} mm, a person
  of about 1.70 m).
- Most of x and y is the picture itself at a scale that the network chooses; the answers to the pose and to
  its mirror image are averaged.
- Joints are what `convert(…, BLAZEPOSE_33, HUMAN36M_17)` gives: pelvis, spine and thorax are means of hips
  and shoulders, the head is the middle of the ears.
- Network: {blocks} residual blocks of {width} units, {steps} steps of {batch} views, AdamW, cosine schedule,
  moving average of the weights, batch normalisation folded away, L2 distance as the loss.

## Data
- Motion capture: the DeepMimic clips in the `pybullet` 3.2.7 wheel (frames in brackets).
  Trained on {trained}.
  **Held out**, never seen in training: {held_out}.
- Bodies: 400 adult `anny` bodies (code Apache-2.0, assets CC0), as jointed skeletons with measures varied
  by 5 %, and {skinned:.0%} as skinned bodies; 100 other bodies for the figures.
- Postures: 55 % captured (as they are, legs of one frame with the arms of another, blends of two frames,
  mirrored, bent by some degrees), 30 % synthetic (standing, walking, sitting, kneeling, squatting; arms
  hanging, wide, up, in the lap, ...), 15 % synthetic with captured arms.
- Cameras: all azimuths, elevation -10° to 40°, 2.5 to 12 m, off the optical axis; a third of the crops
  turned so that the trunk stands up, as the person detector turns them.
- Key points: blurred (median {blur_px} px of a crop of 256), on heatmap cells of 4 px in {quantised:.0%} of
  the views, {outliers:.1%} far away, {swaps:.1%} of limb pairs exchanged, missing ones in {missing:.0%}.

## Held-out clips
Millimetres; mean (median) over 1,000 views each, on skinned bodies never seen in training. *Exact*: projected
joints. *Noised*: as in training, nothing missing. *Missing*: the same with single points, shins or legs gone.

{clips}

Jointed skeletons instead of skinned bodies give {skeleton_exact:.1f} exact and {skeleton_noised:.1f} noised
(PA-MPJPE, mean of the five clips).
{samples}{photographs}
## Known failures
- Depth of a limb that points at the camera or away from it is a guess: two poses share the picture. So is
  the lean of a trunk (`kick`, and `reaching` among the samples).
- Heatmap noise costs {noise_cost:.0f} mm of PA-MPJPE (exact against noised, mean of the clips).
- Joints out of the picture are filled in by a guess of an average pose; do not read them. With legs and arms
  missing (`grace_hopper.jpg`) the whole pose is one.
- Children, amputees, and people in wheelchairs are not in the data; sizes are nominal for everybody.
- Perspective closer than 2.5 m is not in the data.
"""


def write_card(folder: Path) -> None:
    """Write ``README.md`` from ``figures.json`` beside it."""
    figures = json.loads((folder / "figures.json").read_text("utf-8"))
    (folder / "README.md").write_text(card(figures), "utf-8")


def card(figures: dict) -> str:
    """Return the card's text."""
    schedule, noise, rows = figures["schedule"], figures["noise"], figures["figures"]
    held_out = list(figures["held_out"])

    def mean(body: str, keypoints: str) -> float:
        return _mean(
            row["pa_mpjpe"]
            for row in rows
            if (row["body"], row["keypoints"]) == (body, keypoints) and row["clip"] in held_out
        )

    return _TEXT.format(
        command=figures["command"],
        minutes=figures["minutes"],
        cpu_minutes=figures["cpu_minutes"],
        threads=figures["threads"],
        nominal=NOMINAL_MM,
        trained=_listed(figures["clips"]),
        held_out=_listed(figures["held_out"]),
        clips=_clip_table(rows, held_out),
        skeleton_exact=mean("skeleton", "exact"),
        skeleton_noised=mean("skeleton", "noised"),
        noise_cost=mean("skinned", "noised") - mean("skinned", "exact"),
        samples=_sample_section(figures.get("samples", [])),
        photographs=_photograph_section(figures.get("photographs", [])),
        **schedule,
        **noise,
    )


def _listed(clips: dict[str, int]) -> str:
    return textwrap.fill(
        ", ".join(f"{name} ({frames})" for name, frames in clips.items()), 100, subsequent_indent="  "
    )


def _clip_table(rows: list[dict], held_out: list[str]) -> str:
    lines = [
        "| clip | exact MPJPE | exact PA | noised MPJPE | noised PA | missing PA |",
        "|---|---|---|---|---|---|",
    ]
    by_key = {(row["clip"], row["keypoints"]): row for row in rows if row["body"] == "skinned"}
    others = sorted({clip for clip, _ in by_key} - set(held_out))
    lines.extend(_line(clip, by_key) for clip in held_out)
    means = {
        ("**mean of the clips**", kind): {
            name: _mean(by_key[clip, kind][name] for clip in held_out)
            for name in ("mpjpe", "mpjpe_median", "pa_mpjpe", "pa_mpjpe_median")
        }
        for kind in ("exact", "noised", "missing")
    }
    lines.append(_line("**mean of the clips**", means))
    lines.extend(_line(clip, by_key) for clip in others)
    return "\n".join(lines)


def _line(clip: str, by_key: dict[tuple[str, str], dict]) -> str:
    cells = [
        f"{by_key[clip, kind][name]:.1f} ({by_key[clip, kind][name + '_median']:.1f})"
        for kind, name in (
            ("exact", "mpjpe"), ("exact", "pa_mpjpe"), ("noised", "mpjpe"), ("noised", "pa_mpjpe"),
            ("missing", "pa_mpjpe"),
        )
    ]  # fmt: skip
    return f"| {clip} | " + " | ".join(cells) + " |"


def _sample_section(rows: list[dict]) -> str:
    if not rows:
        return ""
    lines = [
        "\n## Rendered samples",
        "Lifted from the exact 2D joints, and from the key points that the heatmap victim reports (argmax,",
        "cells of 4 px), whose idea of hips is not the renderer's, and whose axes are those of a crop turned",
        "with the person: compare it by PA. Millimetres at the nominal size.\n",
        "| picture | exact MPJPE | exact PA | victim MPJPE | victim PA |",
        "|---|---|---|---|---|",
    ]
    columns = ("exact_mpjpe", "exact_pa_mpjpe", "victim_mpjpe", "victim_pa_mpjpe")
    lines.extend(_cells(_who(row), [row[column] for column in columns]) for row in rows)
    lines.append(
        _cells("**mean**", [_mean(row[column] for row in rows if row[column]) for column in columns])
    )
    return "\n".join(lines) + "\n"


def _photograph_section(rows: list[dict]) -> str:
    if not rows:
        return ""
    lines = [
        "\n## Photographs",
        "No ground truth: distance between the lifted pose and the network's own regressed world",
        "coordinates, and the share of its landmarks that the network believes visible.\n",
        "| picture | visible | MPJPE | PA-MPJPE |",
        "|---|---|---|---|",
    ]
    carried = [row for row in rows if row["public"]]
    lines.extend(
        _cells(f"{_who(row)} | {row['visible']:.0%}", [row["mpjpe"], row["pa_mpjpe"]]) for row in carried
    )
    frames = [row for row in rows if not row["public"]]
    if frames:
        middle = [statistics.median(row[name] for row in frames) for name in ("visible", "mpjpe", "pa_mpjpe")]
        label = f"median of {len(frames)} people in frames of real video | {middle[0]:.0%}"
        lines.append(_cells(label, middle[1:]))
    return "\n".join(lines) + "\n"


def _who(row: dict) -> str:
    return f"{row['picture']}, person {row['person']}"


def _cells(label: str, values: list[float | None]) -> str:
    return f"| {label} | " + " | ".join("-" if value is None else f"{value:.1f}" for value in values) + " |"


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known) if known else float("nan")
