"""Train the lifter, measure it, and write its weights and card.

    pip install -e .[dev]
    python resources/make/train_lifter.py

Takes under half an hour on one CPU core. Needs the packages ``pybullet`` (captured motions) and ``anny``
(bodies); ``--motions`` may name a downloaded pybullet wheel instead.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

import torch
from lifter.bodies import AnnyBodies, Proportions, place
from lifter.motions import Postures, join, read_clips
from lifter.postures import synthetic, training_postures
from lifter.quality import Quality, measure
from lifter.training import Schedule, Source, train
from lifter.views import CLEAN, Noise, look_at
from safetensors.torch import save_file
from torch import Generator, Tensor

from kaa_gui.core.victims.lifter import Lifter, load_lifter

HELD_OUT = ("run", "kick", "jump", "dance_b", "getup_faceup")
"""Clips never trained on: a gait, two sports, a dance, and one on the floor."""
BODIES, HELD_OUT_BODIES = 400, 100
POOL = 12_000
VIEWS_A_CLIP = 1000
NOISES = {"exact": CLEAN, "noised": Noise(missing=0.0), "missing": Noise(missing=1.0)}
OUT = Path(__file__).parents[1] / "lifter"


def main() -> None:
    """Run the command line."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--motions", type=Path, help="a pybullet wheel, or a folder with its clips")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for weights and figures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=Schedule().steps)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    began, spent = time.monotonic(), time.process_time()
    clips = read_clips(options.motions)
    train_clips = {name: clip for name, clip in clips.items() if name not in HELD_OUT}
    anny = AnnyBodies()
    generator = Generator().manual_seed(options.seed)
    shapes, unseen = anny.shapes(BODIES, generator), anny.shapes(HELD_OUT_BODIES, generator)
    source = _source(join(list(train_clips.values())), anny, shapes, generator)
    schedule = Schedule(steps=options.steps)
    lifter = train(source, schedule, seed=options.seed)
    minutes, cpu = (time.monotonic() - began) / 60, (time.process_time() - spent) / 60
    weights = save(lifter, options.out)
    figures = {
        "command": f"python resources/make/train_lifter.py --seed {options.seed} --steps {options.steps}",
        "minutes": round(minutes, 1),
        "cpu_minutes": round(cpu, 1),
        "threads": options.threads,
        "schedule": asdict(schedule),
        "noise": asdict(source.noise),
        "clips": {name: len(clip) for name, clip in train_clips.items()},
        "held_out": {name: len(clips[name]) for name in HELD_OUT},
        "figures": evaluate(load_lifter(weights), clips, anny, unseen),
    }
    (options.out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    for row in figures["figures"]:
        print(json.dumps(row))


def save(lifter: Lifter, folder: Path) -> Path:
    """Write the weights in half precision and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "lifter.safetensors"
    tensors = {name: tensor.half().contiguous() for name, tensor in lifter.state_dict().items()}
    # one entry: the format writes several in any order, and the file should repeat itself to the bit
    save_file(tensors, path, metadata={"output": "human36m-17, metres"})
    return path


def evaluate(lifter: Lifter, clips: dict[str, Postures], anny: AnnyBodies, shapes: Tensor) -> list[dict]:
    """Return the errors on held-out clips and everyday postures of bodies never trained on."""
    generator = Generator().manual_seed(2017)
    sets = {name: clips[name] for name in HELD_OUT}
    sets["everyday (synthetic)"] = synthetic(VIEWS_A_CLIP, generator)
    proportions = anny.proportions(shapes)
    rows = []
    for name, frames in sets.items():
        postures = frames[torch.arange(VIEWS_A_CLIP) % len(frames)]
        bodies = torch.randint(len(shapes), (VIEWS_A_CLIP,), generator=generator)
        drawn = Proportions(proportions.lengths[bodies], proportions.offsets[bodies])
        points = {"skeleton": place(postures, drawn), "skinned": anny.place(postures, shapes[bodies])}
        for kind, bodies_points in points.items():
            for label, noise in NOISES.items():
                quality = measure(lifter, look_at(bodies_points, generator, noise=noise))
                rows.append({"clip": name, "body": kind, "keypoints": label, **_rounded(quality)})
    return rows


def _source(frames: Postures, anny: AnnyBodies, shapes: Tensor, generator: Generator) -> Source:
    postures = training_postures(frames, POOL, generator)
    bodies = torch.randint(len(shapes), (POOL,), generator=generator)
    return Source(frames, anny.proportions(shapes), anny.place(postures, shapes[bodies]), Noise())


def _rounded(quality: Quality) -> dict[str, float]:
    return {name: round(value, 1) for name, value in asdict(quality).items()}


if __name__ == "__main__":
    main()
