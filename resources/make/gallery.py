"""Makes the README's gallery: every kind of figure, drawn from runs made on the spot.

    python resources/make/gallery.py [--runs DIR] [--only KIND]

The runs are kept in DIR and read again the next time; without it they are made afresh and thrown away.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from kaa_gui.core.files.writing import write_file  # noqa: E402
from kaa_gui.core.pictures.image import load_picture  # noqa: E402
from kaa_gui.core.pictures.samples import list_samples  # noqa: E402
from kaa_gui.core.types import AttackConfig, AttackRequest  # noqa: E402
from kaa_gui.engine.engine import Engine, collect  # noqa: E402
from kaa_gui.figures import FIGURES  # noqa: E402
from kaa_gui.figures.output.draw import draw_figure, drawn_bytes  # noqa: E402
from kaa_gui.figures.record import Record  # noqa: E402
from kaa_gui.figures.style import Style  # noqa: E402
from kaa_gui.runs.reading import load_record  # noqa: E402
from kaa_gui.runs.saving import save_run  # noqa: E402
from kaa_gui.runs.sweeping import run_sweep  # noqa: E402

GALLERY = ROOT / "resources" / "gallery"
DPI = 110
PICTURES = 4
SWEEPS = {
    "layers": ("layer", ("encoder.16.6", "encoder.8.4", "decoder.16.1", "decoder.64.1", "heatmap")),
    "alpha-sweep": ("keep", ("0.02", "0.1", "0.25", "0.5")),
    "epsilon-sweep": ("epsilon", ("1/255", "2/255", "3/255", "4/255")),
}
"""Few values: the gallery shows what a figure looks like, not a study."""


def main() -> None:
    """Make the runs and draw every kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, help="folder of the runs")
    parser.add_argument("--only", choices=FIGURES, help="one kind")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        draw_all(options.runs or Path(temporary), [options.only] if options.only else list(FIGURES))


def draw_all(folder: Path, kinds: list[str]) -> None:
    """Draw the kinds into the gallery."""
    engine = Engine("cpu")
    records = study(engine, folder)
    GALLERY.mkdir(exist_ok=True)
    for kind in kinds:
        chosen = records_for(kind, engine, records, folder)
        columns = 1 if kind == "joints" else 2
        drawn = draw_figure(kind, chosen, Style(columns=columns, dpi=DPI))
        write_file(GALLERY / f"{kind}.png", small(drawn_bytes(drawn, "png")))
        print(f"{kind}: {drawn.caption}")


def small(png: bytes) -> bytes:
    """Return a picture with 256 colours: a third of the size."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def study(engine: Engine, folder: Path) -> tuple[Record, ...]:
    """Return KAA and KAA+ER in both norms on the first samples."""
    found = []
    for title, path in list(list_samples().items())[:PICTURES]:
        for method in ("kaa", "kaa+er"):
            for norm, epsilon in (("linf", 2 / 255), ("l2", 1.0)):
                target = folder / f"{Path(path).stem}-{method}-{norm}"
                config = AttackConfig(method=method, norm=norm, epsilon=epsilon)
                if not (target / "run.json").exists():
                    print(f"attacking {title}: {method}, {norm}")
                    run = collect(engine.attack(AttackRequest(load_picture(path), config)))
                    save_run(engine, run, target)
                found.append(load_record(target))
    return tuple(found)


def records_for(kind: str, engine: Engine, records: tuple[Record, ...], folder: Path) -> tuple[Record, ...]:
    """Return the runs that a kind is drawn from."""
    relational = [record for record in records if record.config.method == "kaa+er"]
    if FIGURES[kind].most == 1:
        return (relational[0],)
    if kind in SWEEPS:
        # correlations of layers with thousands of outputs take minutes each: KAA alone there
        method = "kaa" if kind == "layers" else "kaa+er"
        repeated = [item for item in records if (item.config.method, item.config.norm) == (method, "linf")]
        return run_sweep(engine, repeated[:2], SWEEPS[kind], folder / kind)
    return records


if __name__ == "__main__":
    main()
