"""The command `gates`, which is also `python -m gates`."""

import gc

_GARBAGE = 50_000
"""Objects after which cycles are looked for. Python's own 700 is reached a hundred times while modules are loaded."""


def main() -> None:
    """Run the command line, and spend no time on garbage that goes with the process."""
    gc.set_threshold(_GARBAGE)
    try:
        from gates import cli

        cli.main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
