"""`elegan doctor`: of the installation, or of a run."""

from elegan.record.record import Record
from elegan.verbs.doctor.finding import Examination


def doctor(run: Record | None = None) -> Examination:
    """Says what is wrong with a run and what to try next, in the order of what it is expected to gain, each with a command;
    without a run the same of this installation, whose speed it measures for a second or two. `run`: an `elegan.Run`, of which no
    network is needed.

    Raises UserError where what the run left is damaged beyond reading.

    >>> import elegan
    >>> found = elegan.doctor(elegan.Run.open("runs/by-class")).findings
    >>> "elegan evaluate runs/by-class" in [finding.command for finding in found]
    True
    """
    if run is None:
        # It measures by torch, of which a run's record needs none.
        from elegan.verbs.doctor.installation import installation

        return installation()
    from elegan.verbs.doctor.diagnosis import diagnosis

    return diagnosis(run)
