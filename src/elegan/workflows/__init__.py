"""The kinds of tasks: each says how its data are opened and fed, and what is shown, measured and exported of its runs."""

from elegan.games.game import workflow_named
from elegan.recipes import parts
from elegan.recipes.recipe import Recipe
from elegan.workflows.generation import Generation
from elegan.workflows.reconstruction import Reconstruction
from elegan.workflows.resound import Enhancing, Vocoding, Widening
from elegan.workflows.restoration import Restoration
from elegan.workflows.series import SeriesWorkflow
from elegan.workflows.sound import SoundWorkflow
from elegan.workflows.table import TableWorkflow
from elegan.workflows.text import TextWorkflow
from elegan.workflows.translation import Translation
from elegan.workflows.workflow import Workflow

# By the recipe's kind of data, or by the name that a task function gives.
WORKFLOWS: dict[str, Workflow] = {
    "images": Generation(),
    "pairs": Translation(),
    "sides": Translation(),
    "photographs": Restoration(),
    "series": SeriesWorkflow(),
    "table": TableWorkflow(),
    "text": TextWorkflow(),
    "sound": SoundWorkflow(),
    "reconstruction": Reconstruction(),
    "vocode": Vocoding(),
    "enhance": Enhancing(),
    "widen": Widening(),
}


def workflow_of(recipe: Recipe) -> Workflow:
    """The workflow that the recipe's task says its runs have, else the one of its kind of data. Raises UserError for a
    task that does not exist or that is not trusted."""
    named = workflow_named(parts.find("task", recipe.task.name, recipe.trusted())) or recipe.data.kind
    return WORKFLOWS[named] if isinstance(named, str) else named
