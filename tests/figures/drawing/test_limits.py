"""Limits, titles and order of methods: the figure has them, its origin tells them, others are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import Run
from kaa_gui.figures import FIGURES
from kaa_gui.figures.limits import Limit, parse_limits
from kaa_gui.figures.output.draw import Drawn, draw_figure, drawn_bytes
from kaa_gui.figures.style import Style
from tests.figures.records import records_of

AXES = [
    (kind, panel, axis)
    for kind, made in FIGURES.items()
    for panel in made.limits
    for axis in made.limits[panel]
]


def drawn(kind: str, run: Run, **style: Any) -> Drawn:
    return draw_figure(kind, records_of(kind, run), Style(**style))


@pytest.mark.parametrize(("kind", "panel", "axis"), AXES)
def test_every_axis_that_a_kind_names_takes_limits(kind: str, panel: str, axis: str, finished: Run) -> None:
    made = drawn(kind, finished, limits=(Limit(axis, panel, 0.5, 2.5),))
    shown = {axes.get_label(): axes for axes in made.figure.axes}
    assert getattr(shown[panel], f"get_{axis}lim")() == (0.5, 2.5)
    usual = {axes.get_label(): axes for axes in drawn(kind, finished).figure.axes}
    for other in set(FIGURES[kind].limits) - {panel}:
        assert getattr(shown[other], f"get_{axis}lim")() == getattr(usual[other], f"get_{axis}lim")()


def test_a_limit_without_panel_is_for_all_and_that_of_a_panel_wins(finished: Run) -> None:
    limits = parse_limits("y", ["rmse=:4", ":900"])
    shown = {
        axes.get_label(): axes.get_ylim() for axes in drawn("curves", finished, limits=limits).figure.axes
    }
    assert shown == {"pose": (0, 900), "rmse": (0, 4), "trade": (0, 900)}


def test_limits_titles_and_order_are_in_the_origin_and_draw_the_same_bytes_again(finished: Run) -> None:
    settings: dict[str, Any] = {
        "limits": parse_limits("x", ["0:2", "trade=0:1"]),
        "panel_titles": (("rmse", "size"),),
        "order": ("kaa+er",),
    }
    made = drawn("curves", finished, **settings)
    told = json.loads(json.dumps(made.origin))["settings"]
    again = drawn(
        "curves",
        finished,
        limits=tuple(Limit(**limit) for limit in told["limits"]),
        panel_titles=tuple(told["panel_titles"].items()),
        order=tuple(told["order"]),
    )
    assert drawn_bytes(again, "svg") == drawn_bytes(made, "svg")
    assert drawn_bytes(drawn("curves", finished), "svg") != drawn_bytes(made, "svg")


def test_panels_carry_titles_of_ones_own(finished: Run) -> None:
    made = drawn("curves", finished, panel_titles=(("pose", "Mine"),))
    titles = {axes.get_label(): axes.get_title("left").strip() for axes in made.figure.axes}
    assert titles == {"pose": "Mine", "rmse": "perturbation", "trade": "pose against picture"}


@pytest.mark.parametrize("kind", ["curves", "joints", "epsilon-sweep", "perturbation", "qualitative"])
def test_methods_stand_in_the_order_asked_for(kind: str, finished: Run) -> None:
    usual, turned = drawn(kind, finished), drawn(kind, finished, order=("kaa+er",))
    names = [[text for text in _texts(made) if text.startswith("KAA")] for made in (usual, turned)]
    assert sorted(names[0]) == sorted(names[1])
    if kind == "epsilon-sweep":
        return  # runs of one method
    assert names[0][0].startswith("KAA,")
    assert names[1][0].startswith("KAA+ER,")
    assert usual.methods == ("kaa", "kaa+er")
    assert turned.methods == ("kaa+er", "kaa")
    assert [run["name"] for run in turned.origin["runs"]] == [run["name"] for run in usual.origin["runs"]]


def _texts(made: Drawn) -> list[str]:
    legends = [text.get_text() for legend in made.figure.legends for text in legend.get_texts()]
    return legends + [axes.get_title("left").strip() for axes in made.figure.axes]


@pytest.mark.parametrize(
    ("kind", "settings", "line"),
    [
        ("qualitative", {"limits": (Limit("x", "", 0, 1),)}, "qualitative has no x axis with limits"),
        ("joints", {"limits": (Limit("y", "", 0, 1),)}, "joints has no y axis"),
        ("layers", {"limits": (Limit("x", "", 0, 1),)}, "layers has no x axis"),
        ("curves", {"limits": (Limit("y", "pie", 0, 1),)}, "of pose, rmse, trade, got 'pie'"),
        ("curves", {"limits": (Limit("y", "pose", 1e9),)}, "must leave something to see"),
        ("correlation", {"limits": (Limit("x", "", 0, 1),)}, "logarithmic"),
        ("curves", {"panel_titles": (("pie", "a"),)}, "pose, rmse, trade; got 'pie'"),
        ("qualitative", {"panel_titles": (("poses", "a"),)}, "none: its columns are named by methods"),
        ("curves", {"panel_titles": (("pose", "words " * 20),)}, "title of pose must be at most"),
        ("overview", {"panel_titles": (("poses", "words " * 20),)}, "title of poses must be at most"),
        ("curves", {"order": ("fgsm",)}, r"methods of the runs \(kaa, kaa\+er\), got 'fgsm'"),
    ],
)
def test_what_a_kind_lacks_is_refused_in_one_line(
    kind: str, settings: dict[str, Any], line: str, finished: Run
) -> None:
    with pytest.raises(ConfigError, match=line) as refused:
        drawn(kind, finished, **settings)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "5", ":", "a:b", "=0:1", "pose=", "1:0", "1:1", "nan:1", "0:inf", "0:1:2"]
)
def test_words_that_are_no_limits_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="xlim"):
        parse_limits("x", [text])
