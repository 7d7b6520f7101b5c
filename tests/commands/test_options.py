"""How option values are read, and that every parameter of an attack has an option."""

from __future__ import annotations

import argparse
from dataclasses import fields

import pytest

from kaa_gui.commands.options import add_attack_options, attack_config, box, fraction, threshold
from kaa_gui.core.types import AttackConfig


def parsed(*arguments: str) -> AttackConfig:
    parser = argparse.ArgumentParser()
    add_attack_options(parser)
    return attack_config(parser.parse_args(arguments))


def test_fractions_are_numbers_or_quotients() -> None:
    assert fraction("2/255") == 2 / 255
    assert fraction("0.01") == 0.01
    assert threshold("otsu") == "otsu"
    assert threshold("1/4") == 0.25
    for text in ("", "/", "2/", "a/b", "1/0", "1/2/3"):
        with pytest.raises(argparse.ArgumentTypeError, match="is not a number"):
            fraction(text)


def test_boxes_are_four_numbers() -> None:
    assert box("1,2.5,3,4") == (1, 2.5, 3, 4)
    for text in ("1,2,3", "1,2,3,4,5", "a,b,c,d", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="x,y,width,height"):
            box(text)


def test_no_option_is_the_default_configuration() -> None:
    assert parsed() == AttackConfig()


def test_every_parameter_has_its_option() -> None:
    parser = argparse.ArgumentParser()
    add_attack_options(parser)
    assert {field.name for field in fields(AttackConfig)} <= set(vars(parser.parse_args([])))


def test_options_reach_the_configuration() -> None:
    config = parsed(
        *("--method", "kaa", "--epsilon", "1/255", "--keep", "1/2", "--layer", "3", "--seed", "9"),
        *("--region", "1,2,3,4", "--target", "walk", "--quantise"),
    )
    assert config == AttackConfig(
        method="kaa", epsilon=1 / 255, keep=0.5, layer="3", seed=9, region=(1, 2, 3, 4), target="walk",
        goal="target", quantise=True,
    )  # fmt: skip
