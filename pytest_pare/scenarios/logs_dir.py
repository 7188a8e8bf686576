"""The directory of the logs of a configuration."""

from pathlib import Path
from urllib.parse import quote


def logs_dir_of(
    logs_dir: str,
    experiment: str,
    models: tuple[str | None, str | None, str | None],
    limits: tuple[int | None, int | None, int | None, int | None],
) -> str:
    """Return the directory for the logs of an experiment.

    Args:
        logs_dir: The directory of all experiments.
        experiment: Name of the experiment.
        models: Names of the models of user, observe stage and execute stage.
        limits: Most turns of a run, then most steps of user, observe stage and execute stage in a turn.
    """
    # Quoted: model names contain slashes, and two names must not lead to one directory.
    name, user, observe, execute = (quote(str(part), safe="") for part in (experiment, *models))
    turns, user_steps, observe_steps, execute_steps = limits
    steps = f"mt_{turns}_umi_{user_steps}_omi_{observe_steps}_emi_{execute_steps}"
    return str(Path(logs_dir) / f"{name}_user_{user}_{steps}" / f"obs_{observe}_exec_{execute}")
