#!/bin/sh
# Quality gates on any CI system that has a POSIX shell, git and Python 3.11 or newer. Copy it, and set:
#   GATES_REPOSITORY  where this repository is cloned from
#   GATES_COMMIT      the full id of one commit of it
#   GATES_BASE        what a change is compared with, as origin/main; without it the whole project is judged
#   GATES_CACHE       a folder that the CI system keeps between runs, outside of the checkout or ignored by git
#   GATES_REPORTS     the folder for the report files (gates-reports)
# The exit code is that of `gates check`.
set -eu
: "${GATES_REPOSITORY:?}" "${GATES_COMMIT:?}"
reports="${GATES_REPORTS:-gates-reports}"
tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT

git init --quiet "$tool/source"
git -C "$tool/source" fetch --quiet --depth 1 -- "$GATES_REPOSITORY" "$GATES_COMMIT"
git -C "$tool/source" checkout --quiet --detach FETCH_HEAD

# Python is isolated (-I): it must not import a `pip.py` of the repository that is judged.
python3 -I -m venv "$tool/venv"
set -- "$tool/venv/bin/python" -I -m pip --disable-pip-version-check --quiet install
"$@" --only-binary=:all: --require-hashes --requirement "$tool/source/requirements-run.txt"
"$@" --no-deps --no-build-isolation "$tool/source"

mkdir -p "$reports"
"$tool/venv/bin/python" -I -m gates check ${GATES_BASE:+"--since=$GATES_BASE"} \
    --output="json=$reports/report.json" \
    --output="sarif=$reports/gates.sarif" \
    --output="gitlab=$reports/code-quality.json" \
    --output="junit=$reports/junit.xml" \
    --output="prompt=$reports/prompt.md"
