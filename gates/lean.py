"""msgspec, loaded in half the time.

It takes `typing_extensions` where that is installed, as mypy's needs see to, and with it `inspect` and what that takes
to read sources. Since Python 3.11 it finds all that it wants there in `typing` too.
"""

import sys


def load() -> None:
    """Load msgspec, and keep `typing_extensions` from it alone."""
    name = "typing_extensions"
    if name in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment]  # this is how Python spells that there is no such module
    try:
        import msgspec  # noqa: F401 - for what it keeps of itself
    finally:
        del sys.modules[name]
