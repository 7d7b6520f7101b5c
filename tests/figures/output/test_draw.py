"""Figures as bytes: three formats, the same bytes for the same figure, fonts embedded."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pypdf
import pytest
from matplotlib.figure import Figure
from PIL import Image

from kaa_gui.core.errors import ConfigError
from kaa_gui.figures.output.draw import figure_bytes, format_of
from kaa_gui.figures.style import Style


def figure() -> Figure:
    drawn = Figure(figsize=(2, 1))
    axes = drawn.add_subplot()
    axes.plot([0, 1], [1, 0])
    axes.set_title("α and ε ≤ ∞")
    return drawn


@pytest.mark.parametrize("form", ["pdf", "svg", "png"])
def test_the_same_figure_is_the_same_bytes(form: str) -> None:
    assert figure_bytes(figure(), form) == figure_bytes(figure(), form)


def test_pdf_embeds_its_fonts_as_truetype() -> None:
    reader = pypdf.PdfReader(io.BytesIO(figure_bytes(figure(), "pdf")))
    assert len(reader.pages) == 1
    assert "α and ε ≤ ∞" in reader.pages[0].extract_text()
    fonts = reader.pages[0]["/Resources"]["/Font"]
    assert fonts
    for font in (entry.get_object() for entry in fonts.values()):
        assert font["/Subtype"] != "/Type3"
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        assert "/FontFile2" in inner["/FontDescriptor"]
    assert "/CreationDate" not in (reader.metadata or {})


def test_svg_keeps_text_as_text_and_no_date() -> None:
    text = figure_bytes(figure(), "svg").decode()
    assert "α and ε ≤ ∞" in text
    assert not re.search(r"<dc:date>", text)


def test_png_has_the_size_of_print() -> None:
    with Image.open(io.BytesIO(figure_bytes(figure(), "png"))) as image:
        assert image.size == (2 * Style().dpi, Style().dpi)


def test_other_formats_are_refused_with_the_choices() -> None:
    with pytest.raises(ConfigError, match="pdf, svg, png"):
        figure_bytes(figure(), "eps")
    with pytest.raises(ConfigError, match=r"\.pdf, \.svg, \.png or \.pgf"):
        format_of(Path("figure.docx"))
    assert [format_of(Path(name)) for name in ("a.pdf", "b.SVG", "c.tar.png", "d.pgf")] == [
        "pdf",
        "svg",
        "png",
        "pgf",
    ]
