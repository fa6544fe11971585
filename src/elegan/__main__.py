"""The command `elegan`: Ctrl-C is heeded before the imports, which take a while."""

from elegan import interrupts


def main() -> None:
    interrupts.heed()
    try:
        from elegan.cli import main as run

        run()
    except KeyboardInterrupt:
        interrupts.stop()


if __name__ == "__main__":
    main()
