"""Quality gates for Python: complexity, size, duplication, typing, layers, lint, suppressions, in one report."""

__version__ = "0.1.0"
