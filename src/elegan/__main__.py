"""The command `elegan`: Ctrl-C is heeded before the imports, which take a while."""

from elegan.core import interrupts
from elegan.core.errors import Interrupted


def main() -> None:
    interrupts.heed()
    try:
        from elegan.cli.main import main as run

        run()
    except KeyboardInterrupt:
        interrupts.stop()
    except SystemExit as error:
        interrupts.ignore()  # nothing is left that could be stopped
        if error.code == Interrupted.exit_code:
            interrupts.leave(error.code)
        raise


if __name__ == "__main__":
    main()
