#!/bin/sh
# Runs `gates` for the plugin: that of the project's own environment, else the one in PATH. It decides nothing.
cd "${CLAUDE_PROJECT_DIR:-.}" || exit 1
grep -qs 'gates agent' .claude/settings.json && exit 0 # the project's own hooks answer
PATH=".venv/bin:$PATH"
command -v gates >/dev/null && exec gates "$@"
[ -e gates.toml ] || grep -qs gates pyproject.toml || exit 0 # no project of ours
echo "gates is neither in .venv/bin nor in PATH: nothing is judged. Install quality-gates in this project." >&2
exit 1
