"""Plans: products of blocks, flags over them, stable rows."""

import numpy as np
import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.painted import painted_bitmap
from kaa_gui.core.pictures.image import save_png
from kaa_gui.core.types import AttackConfig
from kaa_gui.evaluation.datasets import Entry, Source
from kaa_gui.evaluation.plan.plan import (
    Plan,
    blocks_with,
    default_blocks,
    differences,
    expand,
    read_toml,
    row_id,
)
from tests.evaluation import made_rows as rows


def test_default_plan_holds_both_tables_of_the_slides():
    configs = expand(default_blocks())
    assert len(configs) == 2 * 2 * 3
    assert {(config.method, config.norm, config.target) for config in configs} == {
        (method, norm, target)
        for method in ("kaa", "kaa+er")
        for norm in ("linf", "l2")
        for target in (None, "walk", "sit")
    }


def test_block_is_a_product_and_equal_attacks_come_once():
    block = {"method": ["kaa", "kaa+er"], "epsilon": ["1/255", 1 / 255, "2/255"], "seed": [0, 1]}
    configs = expand([block, {"method": "kaa", "epsilon": 1 / 255}])
    assert len(configs) == 2 * 2 * 2
    assert {config.epsilon for config in configs} == {1 / 255, 2 / 255}


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"epsilom": 1}, "unknown fields epsilom"),
        ({"epsilon": "much"}, "epsilon must be a number"),
        ({"epsilon": "1/0"}, "epsilon must be a number"),
        ({"epsilon": -1}, "epsilon must be positive"),
        ({"region_mask": "here"}, "region_mask must be"),
        ({"norm": "l3"}, "norm must be"),
        ({"iterations": "5"}, "iterations must be a whole number, got a text"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"seed": True}, "seed must be a whole number"),
        ({"views": [1, [2]]}, "views must be a whole number"),
        ({"epsilon": False}, "epsilon must be a number"),
        ({"quantise": "no"}, "quantise must be true or false"),
        ({"region": ["a", 1, 2, 3]}, "region\\[0\\] must be a number"),
        ({"layer": 1.5}, "layer must be a (whole number|text) or"),
        ({"seed": list(range(10_001))}, "at most"),
    ],
)
def test_bad_block_is_one_line(block, words):
    with pytest.raises(ConfigError, match=words):
        expand([block])


def test_region_is_painted_in_a_picture_that_the_plan_names(tmp_path):
    bitmap = np.zeros((6, 9), bool)
    bitmap[2:4, 3:8] = True
    save_png(tmp_path / "shirt.png", np.repeat(bitmap[:, :, None] * np.uint8(255), 3, axis=2))
    (config,) = expand([{"region_mask": str(tmp_path / "shirt.png")}])
    assert (painted_bitmap(config.region_mask) == bitmap).all()


def test_flags_choose_among_blocks_and_change_their_fields():
    chosen = expand(
        blocks_with(default_blocks(), {"norm": ["l2"], "target": ["none", "sit"], "seed": [0, 1]})
    )
    assert {config.norm for config in chosen} == {"l2"}
    assert {config.target for config in chosen} == {None, "sit"}
    assert {config.epsilon for config in chosen} == {2.0, 8.0}
    assert {config.seed for config in chosen} == {0, 1}


def test_epsilon_goes_to_its_norm():
    given = {"epsilon": [1 / 255], "epsilon_l2": [3.0]}
    for config in expand(blocks_with(default_blocks(), given)):
        assert config.epsilon == (1 / 255 if config.norm == "linf" else 3.0)


def test_none_among_a_blocks_targets_is_non_target():
    configs = expand([{"target": ["none", "walk"]}])
    assert [config.goal for config in configs] == ["non-target", "target"]


def test_a_reference_goes_to_the_goals_that_know_it():
    configs = expand(blocks_with(default_blocks(), {"reference": ["truth"]}))
    found = {(config.goal, config.reference) for config in configs}
    assert found == {("non-target", "truth"), ("target", None)}
    configs = expand(blocks_with(default_blocks(), {"reference": ["gaussian", "picture"]}))
    known = {"non-target": {"gaussian"}, "target": {"gaussian", "picture"}}
    for goal, references in known.items():
        assert {config.reference for config in configs if config.goal == goal} == references


def test_rows_are_stable_and_distinct():
    plan = rows.plan()
    jobs = plan.jobs(rows.entries(3))
    assert len({job.row for job in jobs}) == 6
    assert [job.row for job in plan.jobs(rows.entries(3))] == [job.row for job in jobs]
    entry, config = rows.entries(1)[0], AttackConfig()
    assert row_id(Source("folder", "/a"), entry, config) == row_id(Source("folder", "/b"), entry, config)
    others = Source("folder", "/a", crops="annotation"), Source("video", "/a")
    assert len({row_id(source, entry, config) for source in (*others, Source("folder", "/a"))}) == 3


def test_rows_with_raw_colours_are_rows_of_their_own():
    entry, config = Entry("a", "/a"), AttackConfig()
    rows = {row_id(Source("folder", "/a", raw_colours=raw), entry, config) for raw in (False, True)}
    assert len(rows) == 2


def test_entry_listed_twice_is_attacked_once():
    assert len(rows.plan().jobs([*rows.entries(2), *rows.entries(2)])) == 4


def test_plan_survives_its_file():
    plan = Plan(Source(limit=3), expand(default_blocks()), ("jpeg75",), True)
    assert Plan.from_json(plan.as_json()) == Plan(
        Source(**plan.source.as_json()), plan.configs, plan.checks, plan.keep_pictures
    )


def test_plan_file_is_read_and_checked(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text('dataset = "samples"\n[[attacks]]\nmethod = ["kaa", "kaa+er"]\nepsilon = "2/255"\n')
    assert len(expand(read_toml(path)["attacks"])) == 2
    path.write_text("datasets = 3")
    with pytest.raises(ConfigError, match="unknown entries datasets"):
        read_toml(path)
    path.write_text("[attacks]\na = 1")
    with pytest.raises(ConfigError, match="attacks must be a list"):
        read_toml(path)
    path.write_text("no toml")
    with pytest.raises(ConfigError, match="no readable TOML"):
        read_toml(path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('limit = "x"', "plan.toml: limit must be a whole number, got a text"),
        ("images = 5", "images must be a text"),
        ("every = 1.5", "every must be a whole number"),
        ('keep_pictures = "no"', "keep_pictures must be true or false"),
        ('checks = "jpeg75"', "checks must be a list, got a text"),
        ("dataset = ['a']", "dataset must be a text"),
    ],
)
def test_plan_file_with_another_type_is_one_line(tmp_path, line, words):
    path = tmp_path / "plan.toml"
    path.write_text(line)
    with pytest.raises(ConfigError, match=words):
        read_toml(path)


def test_flags_that_leave_no_block_are_named():
    with pytest.raises(ConfigError, match="norm must be linf or l2, got l7"):
        blocks_with(default_blocks(), {"norm": ["l7"]})
    with pytest.raises(ConfigError, match="an attack of norm l2, target none"):
        blocks_with([{"norm": "linf"}], {"norm": ["l2"], "target": ["none"]})


def test_unknown_check_is_refused():
    with pytest.raises(ConfigError, match="checks must be among"):
        Plan(Source(), (AttackConfig(),), ("jpeg12",))


def test_rows_of_the_first_version_keep_their_names():
    # as 0.1.0 wrote it: one jittered view was the default, and the crop was all that could be changed
    stored = AttackConfig(method="kaa", views=1, space="crop").as_json()
    del stored["space"], stored["stop_in_memory"]
    config = AttackConfig.from_json(stored)
    assert config.space == "crop"
    assert differences(config) == {"method": "kaa"}
