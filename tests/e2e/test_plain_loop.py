"""The recipe without a framework, with the libraries that are installed here; `make compat` tests the others."""

from __future__ import annotations

import sysconfig
import venv
from pathlib import Path

from tests.compat.recipes import CLIENT, Recipe, copy_recipe, seal
from tests.compat.scripted_model import ScriptedModel


def test_a_program_is_recorded_and_replayed_without_its_model(tmp_path: Path) -> None:
    directory = tmp_path / "recipe"
    copy_recipe("plain_loop", directory)
    venv.create(directory / "agent-env")
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(directory / "agent-env")}))
    (packages / "shared.pth").write_text(f"{sysconfig.get_path('purelib')}\n{CLIENT}\n", encoding="utf-8")
    seal(directory / "agent-env", tmp_path / "connections.txt")
    one = {"scenarios.include": ["new_number"]}
    with ScriptedModel() as model:
        recipe = Recipe(directory, model.url, tmp_path / "connections.txt")
        recorded = recipe.record("recorded", one)
        assert model.refusals == []
    recipe.require_sealed()
    assert recipe.play("replayed", one) == recorded
    recipe.require_sealed()
