"""A recipe at work on the digits."""

from elegan.training.assembly import make_trainer
from elegan.training.plan import plan_for
from elegan.training.trainer import Trainer


def trainer_of(recipe: str, resolution: int, settings: list[str], precision: str = "fp32") -> Trainer:
    """The trainer of a recipe on the digits, drawn large and in colour."""
    of_data = [f"data.resolution={resolution}", "data.channels=3"]
    return make_trainer(plan_for("digits", recipe, settings=[*of_data, *settings], precision=precision))
