"""Define the configuration of an attack: every parameter, its range and its meaning.

This is the one place where a parameter is described; whatever names one reads :data:`PARAMETERS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

import numpy as np

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.painted import painted_fault
from kaa_gui.core.parameter import GREY_LEVELS, Parameter, Range, described, parameter

Norm = Literal["linf", "l2"]
Goal = Literal["non-target", "target"]
ReferenceKind = Literal["clean", "gaussian", "truth", "picture"]

DEFAULT_KEEP: dict[str, float] = {"non-target": 0.35, "target": 0.6}
"""Fraction kept, unless told otherwise, of the values that may be attacked, by goal: with fewer the effect is
lost in the saved picture; with far more, a random mask of the same size begins to work as well. Measured on
the samples."""


DEFAULT_LENGTH: dict[str, float] = {"non-target": 2.0, "target": 8.0}
"""Radius under l2, unless told otherwise, by goal: about as strong as the usual balls under l∞."""


def as_older_version_meant(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored configuration's fields as the version that wrote them attacked.

    Versions that do not name the space changed the crop, and stopped at a success in memory.

    Args:
        values: Fields of :class:`AttackConfig`, or columns of a row, among others.
    """
    if values.get("space") is not None:
        return dict(values)
    stops = values.get("stop_at_success", False)
    return {**values, "space": "crop", "stop_in_memory": stops, "stop_at_success": False}


@dataclass(frozen=True, slots=True)
class AttackConfig:
    """All that decides an attack, except the picture and the device.

    Each field carries its :class:`~kaa_gui.core.parameter.Parameter`: what it means, its unit and range.
    None takes the default that the description names.

    Raises:
        ConfigError: A value is out of its range, or values contradict each other.
    """

    victim: str = parameter(
        "blazepose-heatmap",
        Parameter(
            title="Victim",
            group="Attack",
            says="Network under attack, with the route that decodes its pose.",
            known=("blazepose-heatmap", "blazepose-regression"),
        ),
    )
    method: str = parameter(
        "kaa+er",
        Parameter(
            title="Method",
            group="Attack",
            says="How the attack finds its gradient, and whether the mask C guides it.",
            formula="<b>KAA</b>: maximise L(F<sup>k</sup>(x̃), h<sub>k</sub>) subject to "
            "‖x̃ − x‖<sub>p</sub> ≤ ε.<br>"
            "<b>KAA+ER</b>: the same, on the pixels with C = 1 only:<br>"
            "x̃<sup>q</sup> = x̃<sup>q−1</sup> + step · sign(C ∘ ∇L)",
            known=("kaa", "kaa+er", "fgsm", "i-fgsm", "bpda"),
        ),
    )
    layer: str | int | None = parameter(
        None,
        Parameter(
            title="Layer k",
            group="Attack",
            says="K-limiting layer, at which the network is cut.",
            symbol="k",
            heading="layer k",
            formula="F<sup>k</sup>: the network from the image up to layer k",
            note="Nothing after it is computed. The last stop lies right before the step without a gradient.",
            unset="the victim's last",
            form="name or index",
            placeholder="NAME|INDEX",
        ),
    )
    goal: Goal = parameter(
        "non-target",
        Parameter(
            title="Goal",
            group="Attack",
            says="Whether the pose is moved away from the clean one or towards a target.",
            formula="Non-target: maximise L(F<sup>k</sup>(x̃), h<sub>k</sub>).<br>"
            "Target: minimise L(F<sup>k</sup>(x̃), h*<sub>k</sub>).",
            choices={"non-target": "Away from the clean pose", "target": "Towards a target"},
        ),
    )
    target: str | None = parameter(
        None,
        Parameter(
            title="Target",
            group="Attack",
            says="Pose that a targeted attack approaches; it implies goal target.",
            formula="h*<sub>k</sub> in L(F<sup>k</sup>(x̃), h*<sub>k</sub>)",
            note="In the window: of the list, of a file, or drawn by dragging joints in the picture.",
            form="walk, sit, ..., a target's JSON file, FILE.bvh:FRAME, a picture, or drag:JOINT=X,Y;... in "
            "pixels of the crop",
            unset="none",
        ),
    )
    norm: Norm = parameter(
        "linf",
        Parameter(
            title="Norm p",
            group="Budget",
            says="Norm of the ball and of the step.",
            symbol="p",
            formula="‖x̃ − x‖<sub>p</sub> ≤ ε",
            choices={"linf": "ℓ∞", "l2": "ℓ2"},
        ),
    )
    epsilon: float = parameter(
        2 / GREY_LEVELS,
        Parameter(
            title="Radius ε",
            group="Budget",
            says="Radius of the ball around the picture in which the attack stays.",
            symbol="ε",
            heading="ε",
            formula="‖x̃ − x‖<sub>p</sub> ≤ ε",
            note="Under ℓ∞ in grey levels of 255; under ℓ2 the Euclidean length over the crop, intensities "
            "in [0, 1].<br>Acts live, at the next iteration.",
            unit="share of the intensity range under linf, Euclidean length over the crop under l2",
            range=Range(0, above=True),
        ),
    )
    step_size: float | None = parameter(
        None,
        Parameter(
            title="Step",
            group="Budget",
            says="Length of a step.",
            formula="x̃<sup>q</sup> = x̃<sup>q−1</sup> + step · sign(∇L)",
            note="Acts live.",
            unit="as epsilon",
            unset="a quarter of ε, more in short runs",
            range=Range(0, above=True),
        ),
    )
    iterations: int = parameter(
        20,
        Parameter(
            title="Iterations",
            group="Budget",
            says="Number of steps.",
            symbol="q",
            note="Acts live: a running attack goes on until there.",
            range=Range(1, 100_000),
        ),
    )
    loss: str | None = parameter(
        None,
        Parameter(
            title="Loss",
            group="Attack",
            says="Distance of layer k's output from its reference, which the attack makes larger, or smaller "
            "on the way to a target.",
            symbol="L",
            formula="L(F<sup>k</sup>(x̃), h<sub>k</sub>)",
            unset="by the kind of layer",
            known=("mse", "probability-mse", "cosine", "kl", "ce", "bce", "peak", "margin"),
        ),
    )
    reference: ReferenceKind | None = parameter(
        None,
        Parameter(
            title="Reference",
            group="Refinements",
            says="What the loss compares the output of layer k with.",
            symbol="h_k",
            formula="h<sub>k</sub> in L(F<sup>k</sup>(x̃), h<sub>k</sub>)",
            note="The clean activation (non-target), Gaussian heatmaps of the pose or of the annotated "
            "joints (non-target; known of the rendered samples and of data sets), or the activation of the "
            "target's picture. For mean squared error, cosine and KL; the other losses compare with the pose "
            "itself, found or annotated.",
            unset="by goal, loss and target",
            choices={
                "clean": "Clean activation",
                "gaussian": "Gaussians of the pose",
                "truth": "Gaussians of the annotated joints",
                "picture": "Activation of the target's picture",
            },
        ),
    )
    mask: str | None = parameter(
        None,
        Parameter(
            title="Mask C",
            group="Guidance",
            says="Rule that chooses the pixels which may change.",
            symbol="C",
            formula="Relational: C[i] = 1 where pixel i pushes some outputs of layer k up and others down.",
            note="The random mask of equal size is the control for any claim about C.",
            unset="the method's",
            known=(
                *("everywhere", "relational", "random"),
                *("top-jacobian", "top-gradient", "positive", "negative"),
            ),
        ),
    )
    alpha: float | Literal["otsu"] | None = parameter(
        None,
        Parameter(
            title="Threshold α",
            group="Guidance",
            says="Threshold that a value of the Jacobian must exceed for its sign to count; excludes keep.",
            symbol="α",
            formula="I[i, p] = +1 if J[i, p] &gt; α, −1 if J[i, p] &lt; −α, else 0;<br>"
            "C(α) = [R &gt; α] with R[i] = min(max<sub>p</sub> J, −min<sub>p</sub> J)",
            unit="output of layer k per unit of intensity",
            unset="by keep",
            form="a number, or otsu for Otsu's method",
            placeholder="NUMBER|otsu",
            range=Range(0),
            choices={"otsu": "Otsu's method"},
        ),
    )
    keep: float | None = parameter(
        None,
        Parameter(
            title="Keep",
            group="Guidance",
            says="Share that the mask keeps of the values that may be attacked: those on the picture and in "
            "the region.",
            formula="α = min {a ≥ 0 : mean C(a) ≤ keep}",
            unset=f"{DEFAULT_KEEP['non-target']}, {DEFAULT_KEEP['target']} to a target",
            range=Range(0, 1, above=True),
        ),
    )
    per: Literal["channel", "pixel"] = parameter(
        "channel",
        Parameter(
            title="Judged by",
            group="Refinements",
            says="Whether each channel of a pixel has a C of its own, or all three share one.",
            choices={"channel": "Each channel", "pixel": "Whole pixel"},
        ),
    )
    region: tuple[float, float, float, float] | None = parameter(
        None,
        Parameter(
            title="Region",
            group="Refinements",
            says="Box of the picture inside which the mask is kept.",
            note="In the window: draw it in any picture (R), or zoom in on what may change and take the "
            "visible part. Or paint it (B); with box and paint, only what is inside both may change.",
            unit="pixels of the picture",
            unset="everywhere",
            form="x, y, width, height",
            placeholder="X,Y,W,H",
        ),
    )
    region_mask: str | None = parameter(
        None,
        Parameter(
            title="Painted region",
            group="Refinements",
            says="Pixels of the picture that may change; with a box as well, only those inside both.",
            note="A bitmap, as the command line takes it (<code>--region-mask</code>), that holds for the "
            "saved picture too. Paint it in any picture (B); clearing the region clears it.",
            unset="everywhere",
            form="a black and white picture of the same size, white may change",
            placeholder="FILE.png",
        ),
    )
    rows: str = parameter(
        "auto",
        Parameter(
            title="Rows p",
            group="Guidance",
            says="Which outputs of layer k the Jacobian is read for.",
            symbol="p",
            formula="J[i, p] = ∂F<sup>k</sup>(x)<sub>p</sub> / ∂x<sub>i</sub>",
            note="All is exact; peaks are the outputs that decide the joints.",
            form="auto, peaks[:SIDE], all, sample[:N], joint:N, channel:N or output:N",
            known=("auto", "peaks", "all", "sample", "joint", "channel", "output"),
        ),
    )
    views: int = parameter(
        0,
        Parameter(
            title="Views",
            group="Refinements",
            says="Jittered views of the crop that each step attacks along with it.",
            note="The saved picture is detected again, and its crop comes out turned and scaled by a little. "
            "An attack on the picture follows that by itself; one on the crop survives it more often with "
            "a view or two. Each costs one more pass an iteration.",
            range=Range(0, 64),
        ),
    )
    space: Literal["crop", "picture"] = parameter(
        "picture",
        Parameter(
            title="Changes",
            group="Refinements",
            says="Whether the attack changes the crop, which is pasted into the picture at the end, or the "
            "picture's own pixels, whose crops it follows.",
            note="The picture: rounded to 8 bits at every step, so that nothing is lost when it is saved; on "
            "the way the person is detected again every few steps, the crop found is attacked as well, and "
            "the iterate that does best when detected again is the last one.<br>The crop: as in the paper, "
            "and faster.",
            choices={"crop": "The crop", "picture": "The picture"},
        ),
    )
    momentum: float = parameter(
        0.0,
        Parameter(
            title="Momentum",
            group="Refinements",
            says="Decay of the accumulated gradient that the step follows.",
            symbol="μ",
            formula="g<sup>q</sup> = μ · g<sup>q−1</sup> + ∇L / ‖∇L‖<sub>1</sub>",
            note="0: none (MI-FGSM, Dong et al. 2018).",
            range=Range(0, 1),
        ),
    )
    restarts: int = parameter(
        1,
        Parameter(
            title="Restarts",
            group="Refinements",
            says="Runs from different random points, one after another, of which the best is kept.",
            range=Range(1, 100),
        ),
    )
    keep_best: bool = parameter(
        False,
        Parameter(
            title="Keep the best iterate",
            group="Refinements",
            says="End on the best iterate instead of the last one.",
        ),
    )
    stop_at_success: bool = parameter(
        False,
        Parameter(
            title="Stop at success",
            group="Refinements",
            says="End at the first iterate whose saved picture would meet the criterion of success.",
            note="Whatever meets it in memory is rounded, pasted and detected again before it counts.",
        ),
    )
    stop_in_memory: bool = parameter(
        False,
        Parameter(
            title="Stop in memory",
            group="Refinements",
            says="End at the first iterate that meets the criterion of success in memory.",
            note="Before it is rounded and saved, as in the slides' tables; the saved picture may fail.",
        ),
    )
    quantise: bool = parameter(
        False,
        Parameter(
            title="Round in the loop",
            group="Refinements",
            says="Take each gradient at the picture rounded to 8 bits, so that the saved picture is as "
            "adversarial as the iterate.",
        ),
    )
    smallest: bool = parameter(
        False,
        Parameter(
            title="Search the smallest ε",
            group="Budget",
            says="Search by bisection for the smallest radius, up to epsilon, whose saved picture succeeds.",
            note="Each radius is judged by its 8-bit picture, put through the whole pipeline; under ℓ∞ only "
            "whole grey levels are tried. Ends on the run found, or on the one at ε if that fails.",
        ),
    )
    success_mm: float = parameter(
        150.0,
        Parameter(
            title="Success at",
            group="Refinements",
            says="Threshold of success on the MPJPE of the 3D pose.",
            heading="threshold",
            note="Non-target: the attacked 3D pose is farther than this from the clean one. Target: it is "
            "nearer than this to the target, and nearer than the clean pose is.",
            unit="mm",
            range=Range(0, above=True),
        ),
    )
    seed: int = parameter(
        0,
        Parameter(
            title="Seed",
            group="Run",
            says="Seed of the random start, the sampled rows, the jittered views and the random mask.",
            range=Range(0, 2**63 - 1),
        ),
    )

    def __post_init__(self) -> None:
        for name, (known, default) in _ATTACK_PARAMETERS.items():
            value = getattr(self, name)
            if (value is not None or default is not None) and (fault := known.fault(name, value)):
                raise ConfigError(fault)
        for holds, message in self._rules():
            if not holds:
                raise ConfigError(message)

    def _rules(self) -> Iterator[tuple[bool, str]]:
        """Yield what must hold between fields or goes beyond a range, each with its message."""
        yield (
            (self.goal == "target") == (self.target is not None),
            "goal target needs a target, and a target needs goal target; give both or neither",
        )
        yield (
            self.reference not in ("clean", "truth") or self.goal == "non-target",
            f"reference {self.reference} is what a non-target attack leaves; with a target take gaussian or "
            "picture",
        )
        yield (
            self.reference != "picture" or self.goal == "target",
            "reference picture is what a targeted attack approaches; give a target, or take another",
        )
        yield (
            self.norm == "l2" or self.epsilon <= 1,
            f"epsilon must be at most 1 (the whole intensity range), got {self.epsilon}; "
            f"write {self.epsilon:g}/255 for grey levels",
        )
        yield (
            self.alpha is None or self.keep is None,
            "alpha and keep both set the mask's size; give one of them",
        )
        yield (
            self.region is None
            or (len(self.region) == 4 and bool(np.isfinite(self.region).all()) and min(self.region[2:]) > 0),
            f"region must be x, y, width, height with a positive size, got {self.region}",
        )
        fault = None if self.region_mask is None else painted_fault(self.region_mask)
        yield fault is None, fault or ""

    @property
    def kept_fraction(self) -> float:
        """The fraction of the pixels to keep where α is not given: as configured, or the goal's default."""
        return DEFAULT_KEEP[self.goal] if self.keep is None else self.keep

    @property
    def saved_epsilon(self) -> float:
        """The largest radius that an 8-bit picture can use of the ball, in the unit of ``epsilon``.

        Under l∞ whole grey levels only: of 1.9/255 an 8-bit picture can use 1/255. Under l2 all of it,
        since single values may stay as they are.
        """
        # float32 sums of x and ε are off by up to 6e-8; a grey level is 4e-3
        levels = float(np.floor(self.epsilon * GREY_LEVELS + 1e-4))
        return self.epsilon if self.norm == "l2" else min(self.epsilon, levels / GREY_LEVELS)

    @property
    def rounding_note(self) -> str | None:
        """One line where the saved picture cannot use the whole ball, else None."""
        if self.saved_epsilon >= self.epsilon * (1 - 1e-3):
            return None
        return (
            f"epsilon {self.epsilon * GREY_LEVELS:g}/255: an 8-bit picture holds whole grey levels, so the "
            f"saved one uses {self.saved_epsilon * GREY_LEVELS:.0f}/255"
        )

    def with_changes(self, **changes: Any) -> AttackConfig:
        """Return a copy with some fields replaced, checked again."""
        return replace(self, **changes)

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> AttackConfig:
        """Read what :meth:`as_json` wrote, refusing unknown fields."""
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ConfigError(f"configuration has unknown fields: {', '.join(unknown)}")
        values = as_older_version_meant(values)
        if isinstance(values.get("region"), list):
            values = values | {"region": tuple(values["region"])}
        return cls(**values)


_ATTACK_PARAMETERS = {item.name: (described(item.metadata), item.default) for item in fields(AttackConfig)}
PARAMETERS: dict[str, Parameter] = {
    **{name: known for name, (known, _default) in _ATTACK_PARAMETERS.items()},
    "person": Parameter(
        title="Person",
        group="Run",
        says="Number of the person under attack; 0 is the one found most surely.",
        note="Or click a person's frame in the picture.",
        range=Range(0),
    ),
    "device": Parameter(
        title="Device",
        group="Run",
        says="Where the network runs.",
        form="auto, cpu, cuda, cuda:N or mps",
    ),
}
"""Every parameter by name: the fields of :class:`AttackConfig`, then whom to attack and where to compute."""


PROTOCOLS = ("studio", "slides")
"""Ways to attack and to judge: the defaults, whose success is the saved picture's, and the slides' tables."""
SLIDES_STEP = 0.5 / GREY_LEVELS
"""Step of the slides' protocol, per value. The slides state none; with 0.25 to 1 of 255 the ratio of RMSE
that they report comes out within 0.08."""


def protocol_changes(protocol: str, norm: Norm = "linf") -> dict[str, Any]:
    """Return what a protocol sets, by field of :class:`AttackConfig`.

    ``slides``: mean squared error against Gaussians of the pose, on the crop alone, in a ball that does not
    bind, ended by the first success in memory: what an attack costs is its RMSE there.

    Raises:
        ConfigError: There is no such protocol.
    """
    if protocol not in PROTOCOLS:
        raise ConfigError(f"protocol must be {' or '.join(PROTOCOLS)}, got {protocol!r}")
    if protocol == "studio":
        return {}
    # under l2 the length that the same step has where every value of a crop of 256 x 256 takes it
    length = (3 * 256 * 256) ** 0.5
    step, widest = (SLIDES_STEP, 1.0) if norm == "linf" else (SLIDES_STEP * length, float(int(length)))
    return {
        "loss": "mse",
        "reference": "gaussian",
        "space": "crop",
        "views": 0,
        "epsilon": widest,
        "step_size": step,
        "iterations": 100,
        "stop_in_memory": True,
    }


def heading(name: str) -> str:
    """Return a parameter's name as tables and captions print it."""
    return PARAMETERS[name].heading or name


def parse_fraction(text: str) -> float:
    """Read ``0.5`` or ``2/255``.

    Raises:
        ValueError: It is neither.
    """
    numerator, slash, denominator = text.partition("/")
    try:
        return float(numerator) / float(denominator) if slash else float(text)
    except ZeroDivisionError:
        raise ValueError("division by zero") from None
