"""Figures as PGF: made without LaTeX, all characters escaped, pictures beside it, the same each time."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import matplotlib as mpl
import pypdf
import pytest
from matplotlib.figure import Figure
from PIL import Image

from kaa_gui.core.errors import PictureError
from kaa_gui.core.types import Run
from kaa_gui.figures import FIGURES
from kaa_gui.figures.latex import latex_text
from kaa_gui.figures.output.draw import Drawn, draw_figure, drawn_files
from kaa_gui.figures.output.pgf import pgf_files
from kaa_gui.figures.output.writing import write_drawn
from kaa_gui.figures.style import MM_PER_INCH, Style
from tests.figures.records import records_of

HEADING = r"50 % of R_1 & #2: {α ≥ 0.1} ~ ε × 2^3 -- <a|b> \input{x}"
ENGINES = [name for name in ("pdflatex", "lualatex", "xelatex") if shutil.which(name)]


@pytest.fixture(autouse=True)
def no_latex(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide an installed LaTeX from all but the tests that print with it."""
    if "engine_name" not in request.fixturenames:
        monkeypatch.setenv("PATH", "")


def made(kind: str, run: Run, style: Style | None = None) -> Drawn:
    return draw_figure(kind, records_of(kind, run), style or Style())


def body(data: bytes) -> str:
    return "".join(line for line in data.decode().splitlines(keepends=True) if not line.startswith("%%"))


@pytest.mark.parametrize("kind", FIGURES)
def test_each_kind_is_pgf_of_its_width_with_its_pictures(kind: str, finished: Run) -> None:
    style = Style("ieee", columns=1)
    first = drawn_files(made(kind, finished, style), "a.pgf", "pgf")
    name, *pictures = first
    assert name == "a.pgf"
    text = body(first[name])
    width = re.search(r"\\pgfpathrectangle\{\\pgfpointorigin\}\{\\pgfqpoint\{([\d.]+)in\}", text)
    assert width is not None
    assert float(width[1]) * MM_PER_INCH == pytest.approx(style.width_mm, abs=1e-3)
    assert text.count(r"\begin{pgfscope}") == text.count(r"\end{pgfscope}") > 0
    # nothing that pdflatex cannot print
    assert text.isascii()
    assert re.findall(r"\\includegraphics\[[^]]*\]\{([^}]*)\}", text) == pictures
    for picture in pictures:
        with Image.open(io.BytesIO(first[picture])) as image:
            assert image.format == "PNG"
            image.load()


@pytest.mark.parametrize("kind", ["correlation", "joints"])
def test_the_same_runs_give_the_same_files(kind: str, finished: Run) -> None:
    first, second = (drawn_files(made(kind, finished), "a.pgf", "pgf") for _ in range(2))
    assert first == second


def test_comments_tell_how_it_was_made(finished: Run) -> None:
    drawn = made("curves", finished, Style(heading=HEADING))
    data = drawn_files(drawn, "a.pgf", "pgf")["a.pgf"].decode()
    comments = [line[3:] for line in data.splitlines() if line.startswith("%%")]
    assert comments[0] == "KAA Studio: Curves"
    start, end = comments.index("{"), comments.index("}")
    assert json.loads("\n".join(comments[start : end + 1])) == json.loads(json.dumps(drawn.origin))
    # all of them at the top
    assert all(line.startswith("%%") for line in data.splitlines()[: len(comments)])


def test_pictures_stand_beside_and_in_the_sidecar(finished: Run, tmp_path: Path) -> None:
    write_drawn(made("overview", finished), tmp_path / "over view#1.pgf", "pgf")
    content = json.loads((tmp_path / "over view#1.pgf.json").read_text())
    assert content["file"] == "over view#1.pgf"
    listed = {entry["file"]: entry["sha256"] for entry in (content, *content["pictures"])}
    assert {path.name for path in tmp_path.iterdir()} == {*listed, "over view#1.pgf.json"}
    assert len(listed) > 3
    for name, digest in listed.items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    # of the picture's name LaTeX would read neither the blank nor the hash
    assert all(re.fullmatch(r"[\w.-]+", entry["file"]) for entry in content["pictures"])


def test_a_file_that_cannot_be_written_leaves_no_new_one(finished: Run, tmp_path: Path) -> None:
    # the pictures and the sidecar have their names by then
    (tmp_path / "a.pgf").mkdir()
    with pytest.raises(PictureError, match=r"a\.pgf: cannot be written"):
        write_drawn(made("correlation", finished), tmp_path / "a.pgf", "pgf")
    assert [path.name for path in tmp_path.iterdir()] == ["a.pgf"]


def figure(style: Style) -> Figure:
    with mpl.rc_context(style.rc()):
        drawn = Figure(figsize=(3, 2))
        axes = drawn.add_subplot()
        axes.imshow([[1, 2], [3, 4]], extent=(1, 2, 1, 10), aspect="auto", interpolation="none")
        axes.set_yscale("log")
        axes.set_title("  two lines\nof text")
        axes.set_xlabel(r"cost 5 \$, $\alpha^{2}$ at 50 %")
    return drawn


def text_of(style: Style) -> str:
    return pgf_files(figure(style), "a.pgf", style)["a.pgf"].decode()


def test_texts_are_escaped_and_mathematics_goes_through() -> None:
    text = text_of(Style())
    assert r"cost 5 \$, $\alpha^{2}$\ at 50 \%" in text
    assert r"\ \ two lines" in text
    assert r"$\mathdefault{10^{1}}$" in text
    assert r"\def\mathdefault#1{\mathsf{#1}}" in text
    # lines of a text are centred where they were measured, each for itself
    assert len(re.findall(r"\\makebox\[0pt\]\[c\]\{[^{]*\{lp\}(?:\\ \\ two lines|of text)\}", text)) == 2


def test_texts_keep_the_documents_family_where_the_figure_has_an_installed_one() -> None:
    assert r"\rmfamily" in text_of(Style("ieee"))
    other = text_of(Style(family="DejaVu Serif"))
    assert r"\fontfamily{\familydefault}" in other
    assert not re.search(r"\\rmfamily|\\sffamily|setmainfont", other)


def test_the_figure_can_be_drawn_otherwise_after_it() -> None:
    drawn = figure(Style())
    pgf_files(drawn, "a.pgf", Style())
    with mpl.rc_context(Style().rc()):
        drawn.savefig(io.BytesIO(), format="png")
    assert drawn.canvas.get_supported_filetypes().get("png")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50 % of R_1 & #2", r"50 \% of R\_1 \& \#2"),
        (r"{$~^\}", r"\{\$\textasciitilde{}\textasciicircum{}\textbackslash{}\}"),
        ("ε = 2/255 × α ≤ ∞", r"$\varepsilon$ = 2/255 $\times$ $\alpha$ $\le$ $\infty$"),
        ("ℓ∞, ℓ2, ℓ", r"$\ell_\infty$, $\ell_2$, $\ell$"),
        ("−1 – a---b", r"$-$1 -- a-\kern0pt{}-\kern0pt{}-b"),
        ("é, ß", "é, ß"),
    ],
)
def test_latex_text(text: str, expected: str) -> None:
    assert latex_text(text) == expected


@pytest.mark.skipif(not ENGINES, reason="needs LaTeX")
@pytest.mark.parametrize("engine_name", ENGINES)
def test_latex_takes_it_in(engine_name: str, finished: Run, tmp_path: Path) -> None:
    pgf = subprocess.run(["kpsewhich", "pgf.sty"], capture_output=True, check=False)  # noqa: S607
    if pgf.returncode:
        pytest.skip("needs LaTeX's package pgf")
    write_drawn(made("correlation", finished, Style(heading=HEADING)), tmp_path / "a.pgf", "pgf")
    (tmp_path / "t.tex").write_text(
        r"\documentclass{article}\usepackage[papersize={180mm,150mm},margin=0mm]{geometry}\usepackage{pgf}"
        r"\parindent0pt\pagestyle{empty}\begin{document}\setbox0\hbox{\input{a.pgf}}\typeout{W=\the\wd0}\box0"
        "\n\\end{document}\n"
    )
    command = [engine_name, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)  # noqa: S603
    log = done.stdout.decode(errors="replace")
    assert done.returncode == 0, log[-2000:]
    width = re.search(r"W=([\d.]+)pt", log)
    assert width is not None
    assert float(width[1]) / 72.27 * MM_PER_INCH == pytest.approx(180, abs=0.1)
    (page,) = pypdf.PdfReader(tmp_path / "t.pdf").pages
    printed = page.extract_text()
    assert "50 %" in printed
    assert "clean picture" in printed
    assert len(page.images) == 4
