r"""Figures as PGF: drawing commands for ``\input``, set in the fonts of the document that takes them in.

Matplotlib's own canvas asks a running LaTeX for the size of each text, and for how to include a picture.
Here texts are measured with the fonts of the figure, so that no LaTeX is needed, and each is pinned where
it is aligned: in other fonts it grows or shrinks from there.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backend_bases import FigureCanvasBase, GraphicsContextBase, RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_pgf import RendererPgf
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.transforms import Affine2DBase
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from kaa_gui.figures.latex import latex_text
from kaa_gui.figures.style import FAMILIES, Style

_GENERIC = {FAMILIES["sans"][0]: "sans-serif", FAMILIES["serif"][0]: "serif"}
_DOLLAR = re.compile(r"(?<!\\)\$")
_HEAD = r"""%% In the document: \usepackage{pgf}, then \input{this file}.
%% Pictures are files beside this one; from another folder, tell \graphicspath where they are.
%% Texts are set in the document's fonts."""


def pgf_files(figure: Figure, name: str, style: Style, *, about: str = "") -> dict[str, bytes]:
    """Return a figure as PGF: the file of that name, then the pictures that it includes.

    Args:
        figure: Figure to write.
        name: Name of the file; pictures are ``<stem>-img0.png`` and so on.
        style: Style as drawn; pictures have its dpi.
        about: Goes into comments at the top.
    """
    canvas = _Canvas(figure, _picture_stem(name))
    settings: dict[Any, Any] = {**style.rc(), "pgf.rcfonts": False}
    with mpl.rc_context(settings):
        figure.savefig(canvas.text, format="pgf", dpi=style.dpi)
    # other formats, and the screen, measure for themselves
    FigureCanvasAgg(figure)
    comments = "".join(f"%% {line}".rstrip() + "\n" for line in about.splitlines())
    return {name: f"{comments}{_HEAD}\n{canvas.text.getvalue()}".encode(), **canvas.pictures}


def _picture_stem(name: str) -> str:
    r"""Return a name that ``\includegraphics`` takes, different for different files."""
    stem = name.rpartition(".")[0] or name
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", stem)
    return plain if plain == stem else f"{plain}-{hashlib.sha256(stem.encode()).hexdigest()[:8]}"


class _Canvas(FigureCanvasBase):
    def __init__(self, figure: Figure, stem: str) -> None:
        super().__init__(figure)
        self.filetypes = {"pgf": "LaTeX PGF picture"}
        self.stem = stem
        self.text = io.StringIO()
        self.pictures: dict[str, bytes] = {}

    def get_renderer(self) -> RendererBase:
        return _Renderer(self.figure, io.StringIO(), self.stem)

    def print_pgf(self, _file: Any, **_options: Any) -> None:
        """Draw the figure; called by ``savefig``, first for the layout alone."""
        figure, file = self.figure, io.StringIO()
        width, height = figure.get_size_inches()
        renderer = _Renderer(figure, file, self.stem)
        sans = _family(mpl.rcParams["font.family"]) == "sans-serif"
        for line in (
            r"\begingroup",
            r"\makeatletter",
            # matplotlib's own command around numbers of axes
            r"\def\mathdefault#1{\mathsf{#1}}" if sans else r"\def\mathdefault#1{#1}",
            r"\begin{pgfpicture}",
            rf"\pgfpathrectangle{{\pgfpointorigin}}{{\pgfqpoint{{{width:f}in}}{{{height:f}in}}}}",
            r"\pgfusepath{use as bounding box, clip}",
        ):
            file.write(f"{line}%\n")
        mixed: Any = MixedModeRenderer(figure, width, height, figure.dpi, renderer)
        figure.draw(mixed)
        file.write("\\end{pgfpicture}%\n\\endgroup%\n")
        self.text, self.pictures = file, renderer.pictures


def _family(families: list[str]) -> str:
    """Return what the first of the families is to LaTeX: ``"sans-serif"``, ``"serif"``, or its own name."""
    return _GENERIC.get(families[0], families[0])


class _Renderer(RendererPgf):
    def __init__(self, figure: Figure, file: io.StringIO, stem: str) -> None:
        super().__init__(figure, file)
        self.stem = stem
        self.pictures: dict[str, bytes] = {}
        self._alignments = _alignments(figure)

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> Any:
        # past the parent, which would start LaTeX
        return RendererBase.get_text_width_height_descent(self, s, prop, ismath)

    def draw_text(  # noqa: PLR0917 - the parent's arguments
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: Any = False,
        mtext: Text | None = None,
    ) -> None:
        # every line is as high and deep as these letters, as matplotlib lays it out
        text = r"\vphantom{lp}" + (_mixed(s) if ismath else _spaced(s))
        if mtext is None or not _anchored(mtext, angle):
            # given by its left end, which is right for the figure's fonts only
            align = self._alignments.get(s, "left") if mtext is None else _along(mtext, angle)
            share = {"left": 0.0, "center": 0.5, "right": 1.0}[align]
            width = share * self.get_text_width_height_descent(s, prop, ismath)[0]
            x, y = x + width * np.cos(np.deg2rad(angle)), y + width * np.sin(np.deg2rad(angle))
            text = rf"\makebox[0pt][{align[0]}]{{{text}}}"
            mtext = None
        named = prop.copy()
        named.set_family([_family(prop.get_family())])
        super().draw_text(gc, x, y, text, named, angle, ismath, mtext)

    def draw_image(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        im: ArrayLike,
        transform: Affine2DBase | None = None,
    ) -> None:
        pixels = np.asarray(im, np.uint8)
        high, wide = pixels.shape[:2]
        if not high or not wide:
            return
        name = f"{self.stem}-img{len(self.pictures)}.png"
        self.pictures[name] = _png(pixels[::-1])
        inch = 1 / self.dpi
        if transform is None:
            place = rf"\pgfsys@transformshift{{{x * inch:f}in}}{{{y * inch:f}in}}"
            size = wide * inch, high * inch
        else:
            a, b, c, d, e, f = (float(value) * inch for value in transform.frozen().to_values())
            place = (
                rf"\pgfsys@transformcm{{{a:f}}}{{{b:f}}}{{{c:f}}}{{{d:f}}}"
                rf"{{{e + x * inch:f}in}}{{{f + y * inch:f}in}}"
            )
            size = 1.0, 1.0
        self.fh.write("\\begin{pgfscope}%\n")
        self._print_pgf_clip(gc)
        self.fh.write(
            f"{place}%\n\\pgftext[left,bottom]"
            f"{{\\includegraphics[width={size[0]:f}in,height={size[1]:f}in]{{{name}}}}}%\n\\end{{pgfscope}}%\n"
        )


def _anchored(text: Text, angle: float) -> bool:
    """Whether the parent pins the text where it is aligned itself."""
    turned = angle != 0 and text.get_rotation_mode() != "anchor"
    return not turned and text.get_verticalalignment() != "center_baseline"


def _along(text: Text, angle: float) -> str:
    # of a turned text it is the box that is aligned: growing both ways is off the least
    return "center" if angle else text.get_horizontalalignment()


def _alignments(figure: Figure) -> Mapping[str, str]:
    """Return how the lines of texts of several lines, which are drawn one by one, are aligned."""
    return {
        line: text.get_horizontalalignment()
        for text in figure.findobj(Text)
        if isinstance(text, Text) and "\n" in text.get_text()
        for line in text.get_text().split("\n")
    }


def _mixed(text: str) -> str:
    """Return text with mathematics between dollar signs, which is LaTeX already."""
    parts = _DOLLAR.split(text)
    return "".join(
        f"${part}$" if number % 2 else _spaced(part.replace(r"\$", "$")) for number, part in enumerate(parts)
    )


def _spaced(text: str) -> str:
    """Return plain text in which no blank is lost: LaTeX would drop the first and join the others."""
    return re.sub(r"^ +|  +", lambda found: len(found.group()) * "\\ ", latex_text(text))


def _png(pixels: NDArray[np.uint8]) -> bytes:
    opaque = pixels.shape[2] == 3 or bool((pixels[..., 3] == 255).all())
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[..., :3] if opaque else pixels)).save(buffer, "PNG")
    return buffer.getvalue()
