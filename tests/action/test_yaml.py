"""All our YAML, and what the documentation shows of it, under the checkers that are there for it."""

from __future__ import annotations

import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.action.model import load

ROOT = Path(__file__).parent.parent.parent
SCHEMAS = {
    "action.yml": "github-actions",
    ".github/workflows/*.yml": "github-workflows",
    "examples/ci/gitlab.yml": "gitlab-ci",
    "examples/ci/github.yml": "github-workflows",
    "examples/ci/github-shards.yml": "github-workflows",
}
OWN_VALIDATOR = ".pre-commit-*.yaml"
SHOWN = re.findall(r"^```yaml\n(.*?)^```$", (ROOT / "docs" / "ci.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_the_workflow_that_init_writes_is_the_one_that_the_page_shows() -> None:
    assert (ROOT / "examples" / "ci" / "github.yml").read_text("utf-8") == SHOWN[0]


def test_the_workflow_with_shards_is_the_one_that_the_page_shows() -> None:
    assert (ROOT / "examples" / "ci" / "github-shards.yml").read_text("utf-8") in SHOWN


def _files() -> list[str]:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.yml", "*.yaml"]
    said = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [each for each in said.split() if not fnmatch(each, OWN_VALIDATOR)]


def _passes(program: str, *arguments: str) -> None:
    argv = [str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _zizmor(*inputs: str) -> None:
    _passes("zizmor", "--offline", "--pedantic", "--strict-collection", "--collect=all", "--no-config", *inputs)


@pytest.mark.parametrize("name", _files())
def test_a_file_follows_its_schema(name: str) -> None:
    schema = next((schema for pattern, schema in SCHEMAS.items() if fnmatch(name, pattern)), None)
    assert schema, f"which schema does {name} follow?"
    _passes("check-jsonschema", "--builtin-schema", f"vendor.{schema}", name)


def test_zizmor_finds_nothing() -> None:
    _zizmor("action.yml", ".github")


@pytest.mark.parametrize("shown", SHOWN)
def test_what_the_documentation_shows_is_as_clean(shown: str, tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "shown.yml").write_text(shown)
    _zizmor(str(tmp_path))
    _passes("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(folder / "shown.yml"))


def test_zizmor_is_able_to_find_something(tmp_path: Path) -> None:
    text = (ROOT / "action.yml").read_text()
    (tmp_path / "action.yml").write_text(text.replace("gates action", "gates action ${{ inputs.since }}"))
    with pytest.raises(AssertionError, match="template-injection"):
        _zizmor(str(tmp_path))


@pytest.mark.parametrize("name", ["action.yml", ".github/workflows/gates.yml", ".github/workflows/ci.yml"])
def test_every_action_is_pinned_to_a_commit_and_says_its_version(name: str) -> None:
    used = re.findall(r"^ +(?:- )?uses: (.*)$", (ROOT / name).read_text(), re.MULTILINE)
    assert used
    assert [each for each in used if each != "$/" and not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", each)] == []


def test_the_reusable_workflow_says_of_an_input_what_the_action_says() -> None:
    action = load(ROOT / "action.yml")
    called = load(ROOT / ".github" / "workflows" / "gates.yml")["on"]["workflow_call"]
    assert set(called["inputs"]) - {"artifact"} == set(action["inputs"]) - {"report-dir", "shard", "shards"}
    for name in set(called["inputs"]) - {"artifact"}:
        assert called["inputs"][name]["default"] == action["inputs"][name]["default"]
    assert set(called["outputs"]) <= set(action["outputs"])


def test_the_page_names_every_input_and_output() -> None:
    action = load(ROOT / "action.yml")
    page = (ROOT / "docs" / "ci.md").read_text()
    assert [name for name in (*action["inputs"], *action["outputs"]) if f"`{name}`" not in page] == []
