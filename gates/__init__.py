"""Quality gates for Python: complexity, size, duplication, typing, layers, lint, suppressions, tests, in one report."""

__version__ = "0.1.0"
