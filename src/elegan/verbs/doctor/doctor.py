"""`elegan doctor`: of the installation, or of a run."""

from elegan.run import Run
from elegan.verbs.doctor.diagnosis import diagnosis
from elegan.verbs.doctor.finding import Examination
from elegan.verbs.doctor.installation import installation


def doctor(run: Run | None = None) -> Examination:
    """Says what is wrong with a run and what to try next, in the order of what it is expected to gain, each with a command;
    without a run the same of this installation, whose speed it measures for a second or two.

    Raises UserError where what the run left is damaged beyond reading.

    >>> import elegan
    >>> found = elegan.doctor(elegan.Run.open("runs/digits")).findings
    >>> "elegan train --resume runs/digits --steps 8" in [finding.command for finding in found]
    True
    """
    return installation() if run is None else diagnosis(run)
