"""Every kind of figure in every publisher's width: nothing clipped, nothing on top of other text, 6 pt."""

from __future__ import annotations

import io
import itertools
import json
from dataclasses import replace

import numpy as np
import pypdf
import pytest
from matplotlib import colors as mcolors
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import Run
from kaa_gui.figures import FIGURES
from kaa_gui.figures.drawing import colours as palette
from kaa_gui.figures.drawing.sheet import lines_fitting
from kaa_gui.figures.output.draw import Drawn, draw_figure, drawn_bytes, figure_bytes
from kaa_gui.figures.style import MIN_TEXT_PT, MM_PER_INCH, PRESETS, Style
from tests.figures.records import records_of, varied

SLACK_PX = 1.0
Box = tuple[float, float, float, float]
SETTINGS = [
    Style(),
    Style("ieee", columns=1),
    Style("neurips", columns=2, size_pt=10, heading="A heading of several words " * 6),
    Style("plain", columns=1, size_pt=11),
    Style("springer", columns=2, size_pt=12),
]


def drawn(kind: str, run: Run, style: Style | None = None) -> Drawn:
    return draw_figure(kind, records_of(kind, run), style or Style())


def refusal(kind: str, run: Run, style: Style) -> str:
    """Why a figure cannot be drawn; empty if it can."""
    try:
        drawn(kind, run, style)
    except ConfigError as error:
        return str(error)
    return ""


def words(figure: Figure, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Text, Box]]:
    """Return every text that a real drawing draws, with its box in pixels."""
    found: list[Text] = []
    draw = Text.draw

    def noted(self: Text, renderer: RendererBase, *more: object, **options: object) -> None:
        if self.get_visible() and self.get_text().strip():
            found.append(self)
        draw(self, renderer, *more, **options)  # type: ignore[arg-type]

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", noted)
        canvas.draw()
    boxes = {id(text): (text, text.get_window_extent(canvas.get_renderer())) for text in found}
    return [(text, (box.x0, box.y0, box.x1, box.y1)) for text, box in boxes.values()]


@pytest.mark.parametrize("style", SETTINGS, ids=lambda at: f"{at.preset}-{at.columns}-{at.text_pt:g}")
@pytest.mark.parametrize("kind", FIGURES)
def test_text_is_legible_inside_the_page_and_apart(
    kind: str, style: Style, finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # large text may make a page impossible, but never bad in silence
    if style.text_pt > 10 and (reason := refusal(kind, finished, style)):
        assert "choose two columns" in reason
        return
    figure = drawn(kind, finished, style).figure
    shown = words(figure, monkeypatch)
    assert figure.get_figheight() * MM_PER_INCH <= style.height_mm + 0.01
    assert figure.get_figwidth() * MM_PER_INCH == pytest.approx(style.width_mm)
    width, height = figure.bbox.width, figure.bbox.height
    assert shown
    for text, (left, bottom, right, top) in shown:
        assert text.get_fontsize() >= MIN_TEXT_PT, text
        assert left >= -SLACK_PX, text
        assert bottom >= -SLACK_PX, text
        assert right <= width + SLACK_PX, text
        assert top <= height + SLACK_PX, text
    for (first, one), (second, other) in itertools.combinations(shown, 2):
        wide = min(one[2], other[2]) - max(one[0], other[0])
        high = min(one[3], other[3]) - max(one[1], other[1])
        assert wide <= 2 * SLACK_PX or high <= 2 * SLACK_PX or _letter(first, second), (first, second)


def _letter(first: Text, second: Text) -> bool:
    """Whether one is a panel's letter, which stands on the blanks that its title begins with."""
    return first.axes is second.axes and any(
        one.get_fontweight() == "bold" and other.get_text().startswith("    ")
        for one, other in ((first, second), (second, first))
    )


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("preset", PRESETS)
def test_pages_are_as_wide_as_the_publisher_asks(preset: str, columns: int) -> None:
    style = Style(preset, columns=columns)
    data = figure_bytes(Figure(figsize=style.inches(10)), "pdf")
    (page,) = pypdf.PdfReader(io.BytesIO(data)).pages
    assert float(page.mediabox.width) / 72 * MM_PER_INCH == pytest.approx(style.width_mm, abs=0.1)


@pytest.mark.parametrize("kind", FIGURES)
def test_the_same_runs_give_the_same_bytes_with_all_fonts_embedded(kind: str, finished: Run) -> None:
    first, second = (drawn_bytes(drawn(kind, finished, Style("ieee")), "pdf") for _ in range(2))
    assert first == second
    reader = pypdf.PdfReader(io.BytesIO(first))
    fonts = _fonts(reader.pages[0]["/Resources"])
    assert fonts
    for font in fonts:
        assert font["/Subtype"] != "/Type3"
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        assert "/FontFile2" in inner["/FontDescriptor"]


def _fonts(resources: pypdf.generic.DictionaryObject) -> list[pypdf.generic.DictionaryObject]:
    return [entry.get_object() for entry in resources["/Font"].values()]


@pytest.mark.parametrize("form", ["svg", "png"])
def test_other_formats_are_deterministic_too(form: str, finished: Run) -> None:
    first, second = (drawn_bytes(drawn("joints", finished), form) for _ in range(2))
    assert first == second


def test_metadata_tells_how_the_figure_was_made(finished: Run) -> None:
    made = drawn("curves", finished)
    found = pypdf.PdfReader(io.BytesIO(drawn_bytes(made, "pdf"))).metadata
    assert found is not None
    origin = json.loads(found["/Keywords"])
    assert origin == json.loads(json.dumps(made.origin))
    assert origin["runs"][0]["config"]["epsilon"] == 0.01
    assert found["/Subject"] == made.caption


@pytest.mark.parametrize("kind", FIGURES)
def test_captions_are_sentences_with_what_a_reader_needs(kind: str, finished: Run) -> None:
    caption = FIGURES[kind].caption_in(records_of(kind, finished), Style())
    assert caption.endswith(".")
    assert "nan" not in caption
    if kind in ("curves", "qualitative", "layers", "alpha-sweep", "epsilon-sweep"):
        assert "150 mm" in caption


@pytest.mark.parametrize("kind", [name for name, made in FIGURES.items() if len(made.panels) > 1])
def test_panels_can_be_chosen_and_ordered(kind: str, finished: Run) -> None:
    panels = FIGURES[kind].panels
    made = drawn(kind, finished, Style(panels=panels[:0:-1], letters=False, titles=False))
    every = drawn(kind, finished, Style())
    assert 0 < len(made.figure.axes) < len(every.figure.axes)
    assert made.figure.canvas is not None


def test_unknown_kinds_panels_and_methods_are_refused_with_the_choices(finished: Run) -> None:
    shown = records_of("curves", finished)
    for kind, style, words_ in (
        ("pie", Style(), "kind must be one of overview"),
        ("curves", Style(panels=("pie",)), "panels must be among pose, rmse, trade"),
        ("curves", Style(panels=()), "at least one"),
        ("curves", Style(methods=("fgsm",)), "methods must be among"),
        ("overview", Style(), "shows 1 run"),
    ):
        with pytest.raises(ConfigError, match=words_):
            draw_figure(kind, shown, style)
    with pytest.raises(ConfigError, match="at least one"):
        draw_figure("curves", (), Style())


def test_methods_choose_and_order_the_runs(finished: Run) -> None:
    made = draw_figure("curves", records_of("curves", finished), Style(methods=("kaa",)))
    assert {run["config"]["method"] for run in made.origin["runs"]} == {"kaa"}


def test_runs_that_do_not_do_are_refused_in_one_line(finished: Run) -> None:
    one = varied(finished)
    for kind, records, words_ in (
        ("epsilon-sweep", (one, varied(finished, person="second")), "must differ in the radius"),
        ("qualitative", (one, one), "a second run"),
        ("curves", (one, varied(finished, goal="target", target="walk")), "goal must be the same"),
        ("correlation", (replace(one, run=replace(one.run, field=None)),), "no correlations"),
    ):
        with pytest.raises(ConfigError, match=words_):
            draw_figure(kind, records, Style())


def test_a_sweep_over_given_thresholds_has_them_on_its_axis(finished: Run) -> None:
    records = tuple(varied(finished, alpha=alpha) for alpha in (0.01, 0.02))
    made = draw_figure("alpha-sweep", records, Style())
    assert made.figure.axes[0].get_xlabel().startswith("α")
    kept = draw_figure("alpha-sweep", records_of("alpha-sweep", finished), Style())
    assert "mask keeps" in kept.figure.axes[0].get_xlabel()


@pytest.mark.parametrize(
    ("settings", "words_"),
    [
        ({"preset": "nature"}, "preset"),
        ({"columns": 3}, "columns"),
        ({"size_pt": 5.0}, "font size"),
        ({"dpi": 10}, "dpi"),
        ({"family": "No Such Font 123"}, "font must be"),
        ({"heading": "x" * 300}, "heading"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict, words_: str) -> None:
    with pytest.raises(ConfigError, match=words_):
        Style(**settings)


def test_classes_are_told_apart_in_greyscale(finished: Run) -> None:
    figure = drawn("correlation", finished).figure
    (legend,) = [axes.get_legend() for axes in figure.axes if axes.get_legend() is not None]
    seen = [patch.get_facecolor() for patch in legend.get_patches()]
    lightness = sorted(0.299 * red + 0.587 * green + 0.114 * blue for red, green, blue, _ in seen)
    assert len(lightness) == 4
    assert min(np.diff(lightness)) > 0.05, "less than a difference that print shows"


@pytest.mark.parametrize("kind", [name for name, made in FIGURES.items() if made.titled])
def test_captions_tell_of_the_panels_drawn_by_their_letters(kind: str, finished: Run) -> None:
    made, records = FIGURES[kind], records_of(kind, finished)
    for panels in (made.panels, made.panels[::-1], made.panels[:2]):
        style = Style(panels=panels)
        caption = made.caption_in(records, style)
        shown = [axes.get_label() for axes in made.draw(records, style).axes if axes.get_label() in panels]
        assert list(dict.fromkeys(shown)) == list(panels)
        places = [caption.find(f"({letter}) ") for letter in "abcdefgh"[: len(panels)]]
        assert -1 not in places
        assert places == sorted(places)
        assert f"({chr(97 + len(panels))}) " not in caption
    for style in (Style(letters=False), *(Style(panels=(panel,)) for panel in made.panels)):
        assert "(a) " not in made.caption_in(records, style)


@pytest.mark.parametrize(
    ("kind", "panel", "absent"),
    [
        ("overview", "layer", ("vermillion", "mask", "perturbation", "trajectory", "classes")),
        ("overview", "poses", ("Attacked picture", "mask C")),
        ("curves", "rmse", ("MPJPE of", "Dotted", "against")),
        ("curves", "trade", ("by iteration", "shaded")),
        ("qualitative", "pictures", ("0.5 m", "3D pose:")),
        ("perturbation", "clean", ("most changed", "arrows", "that iterate")),
        ("correlation", "strength", ("Classes", "distribution")),
        ("epsilon-sweep", "success", ("quartiles", "RMSE", "Dotted")),
        ("joints", "space", ("2D", "key points")),
    ],
)
def test_captions_leave_out_what_is_not_drawn(
    kind: str, panel: str, absent: tuple[str, ...], finished: Run
) -> None:
    made, records = FIGURES[kind], records_of(kind, finished)
    alone, whole = (made.caption_in(records, Style(panels=panels)) for panels in ((panel,), None))
    for words_ in absent:
        assert words_ not in alone
    assert len(alone) < len(whole)


def test_one_column_of_joints_tells_of_what_it_draws(finished: Run) -> None:
    made = drawn("joints", finished, Style("ieee", columns=1))
    assert [axes.get_label() for axes in made.figure.axes] == ["space"]
    assert "2D" not in made.caption
    assert "(a)" not in made.caption


@pytest.mark.parametrize(
    "style",
    [Style(heading=r"$\frac$"), Style(panel_titles=(("mask", r"$\input{x}$"),))],
    ids=["heading", "title"],
)
def test_what_is_no_formula_is_refused(finished: Run, style: Style) -> None:
    with pytest.raises(ConfigError, match="a formula must stand"):
        draw_figure("overview", records_of("overview", finished), style)


def test_a_target_is_named_in_heading_legend_and_captions(
    finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for target, name in (
        ("sit", "sit (Protocol #2)"),
        ("/home/me/my.json", "my"),
        ("drag:nose=1,2", "dragged"),
    ):
        record = varied(finished, goal="target", target=target)
        last = replace(record.last, target=record.clean)
        record = replace(record, run=replace(record.run, snapshots=(last,)))
        made = draw_figure("overview", (record,), Style())
        texts = [text.get_text() for text, _box in words(made.figure, monkeypatch)]
        assert any(f"towards {name}, k" in " ".join(text.split()) for text in texts)
        assert f"target: {name.split()[0]}" in texts
        assert f"towards {name}" in made.caption
        assert f"towards {name}" in FIGURES["curves"].caption_in((record,), Style())
        assert "/home" not in made.caption


def test_the_sign_of_a_perturbation_is_told_in_greyscale() -> None:
    red, green, blue, _alpha = palette.DIVERGING(np.linspace(0, 1, 64)).T
    lightness = 0.299 * red + 0.587 * green + 0.114 * blue
    assert (np.diff(lightness) > 0).all()
    np.testing.assert_allclose(lightness[[0, 32, -1]], (0.15, 0.5, 0.9), atol=0.05)


def test_methods_norms_and_masks_are_told_apart_without_colour(finished: Run) -> None:
    masks = (None, "random", "top-jacobian", "top-gradient", "positive", "negative", "everywhere")
    records = tuple(
        varied(finished, method=method, mask=mask, norm=norm, epsilon=0.01)
        for method in ("kaa", "kaa+er")
        for mask in masks
        for norm in ("linf", "l2")
        if mask is None or method == "kaa+er"
    )
    figure = draw_figure("joints", records, Style(panels=("space",))).figure
    looks = {
        (line.get_marker(), mcolors.to_hex(str(line.get_markerfacecolor())) == "#ffffff")
        for line in figure.axes[0].get_lines()
        if line.get_marker() not in ("None", "|")
    }
    assert len(looks) == len(records)


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("preset", PRESETS)
def test_headings_are_broken_evenly_and_never_inside_a_quantity(preset: str, columns: int) -> None:
    text = (
        "KAA, 20 iterations. Saved: 3D pose error 279 mm, joints moved by 27.8 px, RMSE 0.72 grey levels; "
        * 2
    )
    style = Style(preset, columns=columns)
    lines = lines_fitting(text, style)
    assert " ".join(lines) == text.strip()
    assert max(map(len, lines)) <= style.width_mm / style.letter_mm
    for line in lines:
        assert not line.startswith(("mm", "px", "grey", "iterations"))
        assert not line.endswith("RMSE")
    longest = max(len(word) for word in text.split())
    assert max(map(len, lines)) - len(lines[-1]) <= 2 * longest


def test_methods_with_the_same_rates_do_not_hide_each_other(finished: Run) -> None:
    records = tuple(
        varied(finished, method=method, epsilon=level / 255)
        for method in ("kaa", "kaa+er")
        for level in (1, 2, 8)
    )
    (axes, *_) = draw_figure("epsilon-sweep", records, Style()).figure.axes
    first, second = (np.array(bars.lines[0].get_xdata(), float) for bars in axes.containers)
    np.testing.assert_allclose((first + second) / 2, (1, 2, 8))
    assert 0 < second[0] - first[0] < 0.2


def test_a_run_without_a_mask_stands_where_all_is_kept(finished: Run) -> None:
    whole = varied(replace(finished, field=None), method="kaa", keep=0.1)
    made = draw_figure("alpha-sweep", (whole, *records_of("alpha-sweep", finished)), Style())
    points = {float(x) for line in made.figure.axes[0].lines for x in np.ravel(line.get_xdata())}
    np.testing.assert_allclose(sorted(points), (10, 50, 100), atol=1)
    assert "100% where there is no mask" in made.caption
    assert "no mask" not in drawn("alpha-sweep", finished).caption


@pytest.mark.parametrize(("kind", "across"), [("joints", True), ("layers", False), ("epsilon-sweep", False)])
def test_markers_at_zero_are_whole(kind: str, across: bool, finished: Run) -> None:
    figure = drawn(kind, finished, Style("ieee", columns=1)).figure
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes:
        if axes.axison and axes.containers:
            zero = axes.transData.transform((0, 0)) - axes.transAxes.transform((0, 0))
            radius = axes.lines[0].get_markersize() / 2 * figure.dpi / 72
            assert zero[0 if across else 1] >= radius
