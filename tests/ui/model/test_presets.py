from __future__ import annotations

import json

import pytest

from kaa_gui.core.attacks.losses import find_loss
from kaa_gui.core.attacks.methods import find_method
from kaa_gui.core.correlation import find_rule
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.targets.library import TARGETS
from kaa_gui.core.victims import victims
from kaa_gui.ui.model.parameters import Edit, Parameters, new_gesture
from kaa_gui.ui.model.presets import SHIPPED, Presets
from kaa_gui.ui.model.state import State
from kaa_gui.ui.panels.presets_dialog import PresetsDialog


@pytest.fixture
def state(qapp) -> State:
    return State()


@pytest.fixture
def presets(state, settings) -> Presets:
    return Presets(state, settings)


def _set(state: State, **changes: object) -> None:
    state.apply(Edit(changes, new_gesture()))


@pytest.mark.parametrize("title", SHIPPED)
def test_preset_that_comes_along_names_what_exists_and_is_one_undo_step(state, presets, title):
    _set(state, momentum=0.5, seed=7, region=(1.0, 2.0, 3.0, 4.0))
    before = state.parameters
    presets.apply(title)
    config = state.parameters.config
    assert config.momentum == 0
    assert (config.seed, config.region) == (7, (1.0, 2.0, 3.0, 4.0))
    assert config.victim in victims()
    assert config.target is None or config.target in TARGETS
    find_rule(config.mask or find_method(config.method).mask)
    find_loss(config.loss, "heatmap")
    state.undo_stack.undo()
    assert state.parameters == before


def test_presets_applied_one_after_another_leave_nothing_of_the_former(state, presets):
    presets.apply("Towards sit (Protocol #2)")
    presets.apply("Slides: KAA, ℓ2")
    expected = Parameters().config.with_changes(**SHIPPED["Slides: KAA, ℓ2"])
    assert state.parameters.config == expected


def test_preset_of_ones_own_is_saved_remembered_renamed_and_deleted(state, presets, settings):
    _set(state, epsilon=5 / 255, keep=0.1, seed=9)
    wanted = state.parameters.config
    presets.save("  mine,  strong ")
    state.reset()
    again = Presets(state, settings)
    assert again.own == ("mine, strong",)
    again.apply("mine, strong")
    assert state.parameters.config == wanted.with_changes(seed=0)
    again.rename("mine, strong", "other")
    assert again.own == ("other",)
    again.delete("other")
    assert Presets(state, settings).own == ()


@pytest.mark.parametrize("title", ["", "   ", "x" * 81, "Slides: KAA, ℓ∞"])
def test_preset_title_that_cannot_be_is_refused(presets, title):
    with pytest.raises(ConfigError, match="preset title must"):
        presets.save(title)


def test_preset_renamed_onto_another_is_refused(presets):
    presets.save("a")
    presets.save("b")
    with pytest.raises(ConfigError, match="delete the other first"):
        presets.rename("a", "b")


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "[]",
        "nonsense",
        '{"a": 5}',
        '{"a": {"shell": 1}}',
        "[" * 5000,
        json.dumps({"Slides: KAA, ℓ∞": {}}),
    ],
)
def test_presets_survive_whatever_the_settings_hold(state, settings, stored):
    settings.setValue("presets", stored)
    assert Presets(state, settings).own == ()


def test_preset_that_breaks_a_rule_is_refused_in_one_line(qtbot, state, settings):
    settings.setValue("presets", json.dumps({"odd": {"epsilon": -1}}))
    presets = Presets(state, settings)
    with qtbot.waitSignal(state.refused) as refused:
        presets.apply("odd")
    assert "epsilon must be positive" in refused.args[0]


def test_presets_are_in_menu_and_palette_and_start_a_run(qtbot, window, engine):
    titles = [action.text() for action in window.presets_menu.actions()]
    assert "Towards sit (Protocol #2)" in titles
    window.presets_menu.actions()[titles.index("Towards sit (Protocol #2)")].trigger()
    qtbot.waitUntil(lambda: engine.requests[-1].config.target == "sit")
    window.commands.open_palette()
    offered = [command.title for command in window.commands.palette._commands]
    assert "Preset: Slides: KAA, ℓ∞" in offered
    window.commands.palette.close()


def test_presets_dialog_saves_renames_applies_and_deletes(qtbot, window):
    window.commands.actions["presets"].trigger()
    dialog = window.findChild(PresetsDialog)
    window.controls.fields["epsilon"].box.setValue(7.0)
    dialog.title.setText("mine")
    dialog.save.click()
    assert window.presets_menu.presets.own == ("mine",)
    window.state.reset()
    dialog.list.setCurrentRow(dialog.list.count() - 1)
    dialog.apply.click()
    assert window.state.parameters.config.epsilon == pytest.approx(7 / 255)
    dialog.title.setText("Slides: KAA, ℓ∞")
    dialog.rename.click()
    assert not dialog.complaint.isHidden()
    dialog.title.setText("ours")
    dialog.rename.click()
    assert dialog.complaint.isHidden()
    assert "ours" in [action.text() for action in window.presets_menu.actions()]
    dialog.list.setCurrentRow(dialog.list.count() - 1)
    dialog.delete.click()
    assert window.presets_menu.presets.own == ()
    assert "ours" not in [dialog.list.item(row).text() for row in range(dialog.list.count())]
    dialog.close()
