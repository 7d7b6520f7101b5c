"""Plan a data set times blocks of configurations, from flags or a TOML file."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args

import msgspec

from kaa_gui.core.config import DEFAULT_LENGTH, Norm, parse_fraction, protocol_changes
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.pictures.formats import SUFFIXES
from kaa_gui.core.pictures.image import load_region
from kaa_gui.core.types import AttackConfig
from kaa_gui.core.untrusted.attacks import read_attack
from kaa_gui.core.untrusted.documents import Object, Reader
from kaa_gui.evaluation.datasets import Entry, Fault, Source
from kaa_gui.evaluation.plan.checks import CHECKS

FORMAT = "kaa-evaluation/1"
MAX_CONFIGURATIONS = 10_000
Block = Mapping[str, Any]
"""Field of :class:`AttackConfig` -> value, or list of values; a block stands for their product."""

DEFAULT_BLOCKS: tuple[Block, ...] = (
    {"goal": "non-target", "norm": "linf", "epsilon": 2 / 255, "iterations": 10},
    {"goal": "non-target", "norm": "l2", "epsilon": DEFAULT_LENGTH["non-target"], "iterations": 10},
    {"target": ["walk", "sit"], "norm": "linf", "epsilon": 8 / 255, "iterations": 20},
    {"target": ["walk", "sit"], "norm": "l2", "epsilon": DEFAULT_LENGTH["target"], "iterations": 20},
)
"""Both norms and all goals of the slides' tables, each method in turn."""
DEFAULT_METHODS = ("kaa", "kaa+er")
_FOREIGN = {"non-target": ("picture",), "target": ("clean", "truth")}
"""Goal -> references that it does not know."""
_IDENTIFIED_BY = {"views": 1, "space": "crop"}
"""Defaults that have changed since rows are identified by what differs from them."""
_IDENTIFIED_AS = {"stop_in_memory": "stop_at_success", "stop_at_success": "stop_at_saved_success"}
"""Field -> its name in identifiers, where another field had the name before."""
_FIELDS = {item.name for item in fields(AttackConfig)}
PLANS = Reader(ConfigError, "", most_bytes=4 << 20, most_values=200_000)


class PlanFile(msgspec.Struct):
    """The entries of a plan file, all of which may be left out."""

    dataset: str = ""
    images: str = ""
    every: int = 1
    limit: int = 1
    crops: str = ""
    raw_colours: bool = False
    checks: list[str] = []
    keep_pictures: bool = False
    batch: int = 0
    attacks: list[Object] = []


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One row to be: an entry and a configuration, with all that a worker needs to know.

    Attributes:
        row: Stable identifier, the same in every run of any plan that asks for it.
        entry: Whom to attack.
        config: How.
        source: The data set's name and crops.
        checks: Keys of the checks to make on the adversarial picture.
        keep_picture: Whether the adversarial picture is wanted.
        keep_views: Whether small pictures for the report are wanted.
    """

    row: str
    entry: Entry
    config: AttackConfig
    source: Source
    checks: tuple[str, ...] = ()
    keep_picture: bool = False
    keep_views: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """An evaluation.

    Attributes:
        source: The data set.
        configs: Attacks on each entry.
        checks: Keys of :data:`~kaa_gui.evaluation.plan.checks.CHECKS`.
        keep_pictures: Whether to keep every adversarial picture.
        views: Rows that keep small pictures for the report.
        batch: Most attacks computed in one pass; another number may change the last bits of rows. 0 leaves
            it to the device.
    """

    source: Source
    configs: tuple[AttackConfig, ...]
    checks: tuple[str, ...] = ()
    keep_pictures: bool = False
    views: int = 1000
    batch: int = 0

    def __post_init__(self) -> None:
        if not self.configs:
            raise ConfigError("the plan must hold at least one attack, got none; check its blocks")
        if self.batch < 0:
            raise ConfigError(f"batch must be 1 or more, got {self.batch}")
        if unknown := [name for name in self.checks if name not in CHECKS]:
            raise ConfigError(f"checks must be among {', '.join(CHECKS)}, got {', '.join(unknown)}")

    def jobs(self, entries: Sequence[Entry | Fault]) -> list[Job]:
        """Return the rows, entry by entry, so that what the attacks on a picture share is computed once."""
        jobs = []
        for entry in entries:
            if isinstance(entry, Fault):
                continue
            for config in self.configs:
                row = row_id(self.source, entry, config)
                views = len(jobs) < self.views
                jobs.append(Job(row, entry, config, self.source, self.checks, self.keep_pictures, views))
        # an entry listed twice is one entry
        return list({job.row: job for job in jobs}.values())

    def as_json(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        return {
            "format": FORMAT,
            "source": self.source.as_json(),
            "configs": [config.as_json() for config in self.configs],
            "checks": list(self.checks),
            "keep_pictures": self.keep_pictures,
            "views": self.views,
            "batch": self.batch,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Plan:
        """Read what :meth:`as_json` wrote.

        Raises:
            ConfigError: It is something else.
        """
        try:
            return cls(
                Source(**values["source"]),
                tuple(AttackConfig.from_json(config) for config in values["configs"]),
                tuple(values["checks"]),
                bool(values["keep_pictures"]),
                int(values["views"]),
                # folders from before there were batches
                int(values.get("batch", 1)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"the stored plan must follow {FORMAT}, got a bad one: {error}") from None


def row_id(source: Source, entry: Entry, config: AttackConfig) -> str:
    """Return what identifies a row: a hash of the data set's kind and colours, entry, crops, configuration.

    Of the configuration what differs from the defaults, so that a field that is added later leaves the
    rows that are there alone.
    """
    parts = [FORMAT, source.kind, source.crops, entry.key, differences(config)]
    parts += ["raw colours"] if source.raw_colours else []
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def expand(blocks: Sequence[Block]) -> tuple[AttackConfig, ...]:
    """Return the configurations that blocks stand for, each once, in order.

    Raises:
        ConfigError: A field is unknown or a value out of its range.
    """
    configs: dict[AttackConfig, None] = {}
    for block in blocks:
        if unknown := sorted(set(block) - _FIELDS):
            raise ConfigError(
                f"attacks has unknown fields {', '.join(unknown)}; known: {', '.join(sorted(_FIELDS))}"
            )
        for values in itertools.product(*(_listed(name, value) for name, value in block.items())):
            configs[_config(dict(zip(block, values, strict=True)))] = None
            if len(configs) > MAX_CONFIGURATIONS:
                raise ConfigError(f"the plan must hold at most {MAX_CONFIGURATIONS} attacks a picture")
    return tuple(configs)


def blocks_with(blocks: Sequence[Block], given: Mapping[str, Sequence[Any]]) -> list[Block]:
    """Return the blocks with some fields replaced.

    A norm, goal or target that is given chooses among the blocks where these differ, so that
    ``norm=l2`` leaves the l2 blocks with an ε that fits them. ``epsilon`` goes to the l∞ blocks and
    ``epsilon_l2`` to the others; a reference goes to the blocks whose goal knows it.

    Raises:
        ConfigError: There is no such norm, or no block is left.
    """
    if unknown := [norm for norm in given.get("norm", ()) if norm not in get_args(Norm)]:
        raise ConfigError(f"norm must be {' or '.join(get_args(Norm))}, got {', '.join(map(str, unknown))}")
    left = []
    wanted = {"target" if target != "none" else "non-target" for target in given.get("target", ())}
    wanted |= set(given.get("goal", ()))
    for block in blocks:
        goal = "target" if "target" in block else "non-target"
        norms = [
            norm for norm in _listed("norm", block.get("norm", "linf")) if norm in given.get("norm", (norm,))
        ]
        if not norms or (wanted and goal not in wanted):
            continue
        changed = {**block, **{name: list(values) for name, values in given.items() if name in _FIELDS}}
        changed["norm"] = norms
        if "reference" in given:
            known = [name for name in given["reference"] if name not in _FOREIGN[goal]]
            changed["reference"] = known or block.get("reference")
        for name in ("goal", "target", "epsilon"):
            changed.pop(name, None)
            if name in block:
                changed[name] = block[name]
        if goal == "target" and (named := [name for name in given.get("target", ()) if name != "none"]):
            changed["target"] = named
        if epsilons := given.get("epsilon_l2" if norms == ["l2"] else "epsilon"):
            changed["epsilon"] = list(epsilons)
        left.append(changed)
    if blocks and not left:
        chosen = ", ".join(
            f"{name} {','.join(map(str, given[name]))}" for name in ("norm", "target") if name in given
        )
        raise ConfigError(f"the plan must hold an attack of {chosen}, got none; change flags or blocks")
    return left


def default_blocks(protocol: str = "studio") -> list[Block]:
    """Return the blocks of the slides' tables, as a protocol attacks them."""
    return [
        {"method": list(DEFAULT_METHODS), **block, **protocol_changes(protocol, block["norm"])}
        for block in DEFAULT_BLOCKS
    ]


def read_toml(path: Path) -> dict[str, Any]:
    """Return a plan file's content: ``[[attacks]]`` blocks, and optionally what the flags say as well.

    Raises:
        ConfigError: It is missing or no plan.
    """
    content = PLANS.toml(path)
    if unknown := sorted(set(content) - set(PlanFile.__struct_fields__)):
        raise ConfigError(
            f"{path.name}: unknown entries {', '.join(unknown)}; known: "
            f"{', '.join(sorted(PlanFile.__struct_fields__))}"
        )
    PLANS.converted(content, PlanFile, path.name)
    return content


def _listed(name: str, value: Any) -> Iterator[Any]:
    for each in value if isinstance(value, list) and name != "region" else [value]:
        yield _fraction_of(name, each) if isinstance(each, str) else each


def _fraction_of(name: str, text: str) -> Any:
    """Read ``"2/255"`` where a field is a number; TOML has no fractions."""
    if name not in ("epsilon", "step_size", "keep", "alpha") or text == "otsu":
        return text
    try:
        return parse_fraction(text)
    except ValueError:
        raise ConfigError(f"{name} must be a number such as 2/255, got {text!r}") from None


def _config(values: dict[str, Any]) -> AttackConfig:
    if values.get("target") == "none":
        del values["target"]
    if "target" in values:
        values["goal"] = "target"
    if isinstance(values.get("region"), list):
        values["region"] = tuple(values["region"])
    if Path(str(values.get("region_mask"))).suffix.lower() in SUFFIXES:
        values["region_mask"] = load_region(values["region_mask"])
    config = read_attack(values, PLANS, "attacks")
    # rows have always been named after numbers as they are written, 3 or 3.0
    return config.with_changes(**{name: value for name, value in values.items() if type(value) is int})


def differences(config: AttackConfig) -> dict[str, Any]:
    """Return what differs from the configuration that rows are identified by."""
    default = asdict(AttackConfig()) | _IDENTIFIED_BY
    return {
        _IDENTIFIED_AS.get(name, name): value
        for name, value in asdict(config).items()
        if value != default[name]
    }
