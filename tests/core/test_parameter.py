"""Every parameter is described once, and ranges, help and page follow the description."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from typing import get_args, get_type_hints

import pytest

from kaa_gui.core.attacks.losses import LOSSES
from kaa_gui.core.attacks.methods import METHODS
from kaa_gui.core.config import PARAMETERS, AttackConfig, Goal, Norm, ReferenceKind, heading
from kaa_gui.core.correlation import MASK_RULES, ROWS
from kaa_gui.core.parameter import Group, Parameter, Range
from kaa_gui.core.types import DEFAULT_KEEP
from kaa_gui.core.victims import victims
from resources.make.parameters_page import PAGE, page

FIELDS = {item.name: item for item in fields(AttackConfig)}


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_says_what_it_does_in_one_plain_sentence(name: str) -> None:
    known = PARAMETERS[name]
    assert known.title
    assert known.group in get_args(Group)
    assert re.fullmatch(r"[A-Z][^<>&\n]*\.", known.says)
    assert not re.search(r"[.!?] [A-Z]", known.says)
    assert known.tooltip.startswith(known.says)
    assert known.formula in known.tooltip
    for text in (known.formula, known.note):
        for tag in ("b", "sub", "sup", "code"):
            assert text.count(f"<{tag}>") == text.count(f"</{tag}>")


def test_parameters_are_the_fields_of_the_configuration_and_two_beside_it() -> None:
    assert list(PARAMETERS) == [*FIELDS, "person", "device"]
    assert all(item.default is not MISSING for item in FIELDS.values())


@pytest.mark.parametrize("name", FIELDS)
def test_what_may_be_left_out_says_what_that_means(name: str) -> None:
    assert bool(PARAMETERS[name].unset) == (FIELDS[name].default is None)


def test_closed_choices_are_those_of_the_types() -> None:
    for name, kind in (("norm", Norm), ("goal", Goal), ("reference", ReferenceKind)):
        assert tuple(PARAMETERS[name].choices) == get_args(kind)
    assert tuple(PARAMETERS["per"].choices) == get_args(get_type_hints(AttackConfig)["per"])


def test_known_keys_are_those_of_the_registries() -> None:
    registries = {"method": METHODS, "loss": LOSSES, "mask": MASK_RULES, "rows": ROWS}
    for name, registry in registries.items():
        assert PARAMETERS[name].known == tuple(registry), name
    assert set(PARAMETERS["victim"].known) <= set(victims())


@pytest.mark.parametrize(
    ("limits", "rule", "inside", "outside"),
    [
        (Range(0, above=True), "positive", [1e-9, 1e300], [0, -1, float("nan"), float("inf"), 10**400]),
        (Range(0), "at least 0", [0, 5], [-1, float("inf")]),
        (Range(1, 100_000), "from 1 to 100000", [1, 100_000], [0, 100_001]),
        (Range(0, 1, above=True), "above 0 and at most 1", [0.1, 1], [0, 1.1]),
        (Range(0, 2**63 - 1), "from 0 to 2^63 - 1", [0, 2**63 - 1], [2**63, -1]),
    ],
    ids=lambda value: value.rule if isinstance(value, Range) else "",
)
def test_ranges_know_their_ends_and_say_so(
    limits: Range, rule: str, inside: list[float], outside: list[float]
) -> None:
    assert limits.rule == rule
    assert all(value in limits for value in inside)
    assert not any(value in limits for value in outside)


def test_a_fault_names_parameter_rule_and_value() -> None:
    known = Parameter(title="A", group="Run", says="It.", range=Range(0, 1), choices={"auto": "Automatic"})
    assert known.fault("a", 1) is None
    assert known.fault("a", "auto") is None
    assert known.fault("a", 2) == "a must be from 0 to 1, got 2"
    assert known.fault("a", "b") == "a must be a number or 'auto', got 'b'"
    assert known.fault("a", None) == "a must be a number or 'auto', got None"
    assert PARAMETERS["norm"].fault("norm", ["linf"]) == "norm must be linf or l2, got ['linf']"


@pytest.mark.parametrize("name", FIELDS)
def test_defaults_keep_to_range_and_choices(name: str) -> None:
    default = FIELDS[name].default
    assert default is None or PARAMETERS[name].fault(name, default) is None


def test_help_ends_with_values_unit_and_default() -> None:
    assert PARAMETERS["epsilon"].help(2 / 255).endswith("default: 2/255)")
    assert PARAMETERS["success_mm"].help(150.0).endswith("(positive; mm; default: 150)")
    assert PARAMETERS["norm"].help("linf") == "norm of the ball and of the step (linf or l2; default: linf)"
    assert PARAMETERS["quantise"].help(False).endswith("as the iterate")
    assert all(f"{share}" in PARAMETERS["keep"].unset for share in DEFAULT_KEEP.values())


def test_headings_are_short_and_default_to_the_name() -> None:
    assert [heading(name) for name in ("epsilon", "layer", "success_mm", "views")] == [
        "ε", "layer k", "threshold", "views",
    ]  # fmt: skip


def test_reference_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python resources/make/parameters_page.py"


def test_reference_page_has_an_entry_for_every_parameter() -> None:
    for name, known in PARAMETERS.items():
        assert f"\n### {known.title}: `{name}`\n\n{known.says}\n" in page()
        assert f"\n- Option: `--{name.replace('_', '-')}`" in page()
