"""One file is one output format: `render(report, view) -> str`, pure."""
