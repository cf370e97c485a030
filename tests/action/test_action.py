"""The Action, step by step under a model of the runner: what GitHub would show, hold and answer."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gates.reporters import markdown
from tests.action.model import Machine, Result, load
from tests.project import Project

ROOT = Path(__file__).parent.parent.parent
WRONG = "import os\n"
LINT = '[tool.gates]\nlint.select = ["F"]\n'
OUTPUTS = {"verdict", "exit-code", "new-findings", "report-json", "sarif-file", "prompt-file", "shard-file"}
HOSTILE = ("::error::x", "a\n::stop-commands::x\n.py", "##[add-mask]x.py", "%0A::error::x.py", "`|<b>@me.py", "-n.py")
PYTHON = """#!/bin/sh
printf '%s\\n' "$*" >> "{log}"
case "$*" in
    "-I -m venv "*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
    "-I -m pip "*) ;;
    *) exec "{python}" "$@" ;;
esac
"""
"""In the place of the Python that the Action sets up: it installs nothing and runs what is installed here."""


@dataclass
class Job(Project):
    """A checkout on a runner, and the Action of this repository."""

    base: Path
    event: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Project.__init__(self, self.base)
        self.log = self.base / "python.log"
        self.python = self.base / "python"
        self.python.write_text(PYTHON.format(log=self.log, python=sys.executable))
        self.python.chmod(0o755)

    def use(self, inputs: Mapping[str, str] | None = None) -> Result:
        """Run the Action as one step of a job."""
        setup = {"python-path": str(self.python), "python-version": "3.13.1"}
        answers = {"actions/setup-python": setup, "actions/cache": {}}
        return Machine(self.base, self.root, answers, self.event).use(ROOT, inputs or {})


@pytest.fixture
def job(tmp_path: Path) -> Job:
    made = Job(tmp_path)
    made.write("pyproject.toml", LINT)
    made.write("m.py")
    made.commit()
    return made


def _only_annotations(result: Result) -> None:
    assert {each.name for each in result.runner.commands} <= {"error", "warning", "notice"}
    assert all(each.properties["title"] for each in result.runner.commands)
    assert result.runner.dropped == 0
    assert result.handed_on == ""


def test_a_clean_project_passes(job: Job) -> None:
    result = job.use()
    assert (result.code, result.runner.commands) == (0, []), result.log
    assert set(result.outputs) == OUTPUTS
    assert (result.outputs["verdict"], result.outputs["exit-code"], result.outputs["new-findings"]) == (
        "passed",
        "0",
        "0",
    )
    assert result.summary.startswith("## ✅ Quality gates passed")
    assert result.handed_on == ""


def test_findings_are_annotations_summary_files_and_outputs(job: Job) -> None:
    for number in range(14):
        job.write(f"wrong_{number:02}.py", WRONG)
    result = job.use({"gates": "lint"})
    assert result.code == 1
    _only_annotations(result)
    assert len(result.shown("error")) == 10
    assert "and 4 more errors" in result.shown("error")[-1].data
    assert "## ❌ Quality gates failed: 14 errors in 14 files" in result.summary
    assert (result.outputs["verdict"], result.outputs["exit-code"], result.outputs["new-findings"]) == (
        "failed",
        "1",
        "14",
    )
    assert json.loads(Path(result.outputs["report-json"]).read_text())["exit_code"] == 1
    assert len(json.loads(Path(result.outputs["sarif-file"]).read_text())["runs"][0]["results"]) == 14
    assert "lint/F401" in Path(result.outputs["prompt-file"]).read_text()


def test_the_check_runs_once_with_an_isolated_python(job: Job) -> None:
    job.write("pip.py", "raise SystemExit('imported from the checkout')\n")
    job.write("venv.py", "raise SystemExit('imported from the checkout')\n")
    job.use()
    said = job.log.read_text().splitlines()
    assert all(each.startswith("-I -m ") for each in said), said
    assert [each for each in said if "gates action" in each] == ["-I -m gates action"]
    installs = [each for each in said if " install" in each]
    assert len(installs) == 2
    assert f"--require-hashes --requirement {ROOT}/requirements-run.txt" in installs[0]
    assert "--no-deps --no-build-isolation" in installs[1]


def test_the_cache_is_kept_where_it_is_restored(job: Job) -> None:
    result = job.use()
    cache = Path(dict(result.used)["actions/cache"]["path"])
    assert (cache / "facts.sqlite").is_file()
    assert dict(result.used)["actions/setup-python"]["update-environment"] == "False"


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_a_file_becomes_a_command(job: Job, name: str) -> None:
    path = name if name.endswith(".py") else f"{name}.py"
    job.write(path, "import os\n::error::forged\n")
    job.write("text.py", f"{'x' * 3} = {name!r}\nimport os\n")
    result = job.use()
    assert result.code == 1
    _only_annotations(result)
    assert not [each for each in result.runner.commands if each.data.startswith(("x", "forged"))]
    named = {each.properties.get("file") for each in result.shown("error")}
    assert path in named


@pytest.mark.parametrize(
    "text", ['"; echo INJECTED; "', "$(touch injected)", "`touch injected`", "a\n::error::x", "--output=json=x", "\\"]
)
@pytest.mark.parametrize("name", ["gates", "since", "working-directory", "report-dir"])
def test_an_input_is_never_a_script(job: Job, name: str, text: str) -> None:
    before = job.digests()
    result = job.use({name: text})
    assert result.code == (0 if name == "report-dir" else 2), result.log
    assert all(text not in each for each in result.scripts)
    assert "INJECTED" not in result.log.split("\n")
    _only_annotations(result)
    assert all(each.data != "x" for each in result.runner.commands)
    kept = {
        path: each for path, each in job.digests().items() if not path.startswith(text.split("\n")[0].split("/")[0])
    }
    assert kept == before


@pytest.mark.parametrize("name", ["working-directory", "report-dir"])
@pytest.mark.parametrize("way", ["..", "/", "link", "link/below"])
def test_a_folder_outside_of_the_checkout_is_refused(job: Job, name: str, way: str) -> None:
    (job.root / "link").symlink_to(job.home)
    result = job.use({name: way})
    assert result.code == 2
    assert f"the input `{name}` leads out of the checkout" in result.shown("error")[0].data
    assert list(job.home.iterdir()) == []


def test_a_pull_request_is_compared_with_its_base(job: Job) -> None:
    job.write("old.py", WRONG)
    job.commit()
    job.git("update-ref", "refs/remotes/origin/main", "HEAD")
    job.git("checkout", "-q", "-b", "topic")
    job.write("new.py", WRONG)
    job.commit()
    job.event = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main", "GITHUB_HEAD_REF": "topic"}
    result = job.use({"gates": "lint"})
    assert (result.code, result.outputs["new-findings"]) == (1, "1")
    assert [each.properties["file"] for each in result.shown("error")] == ["new.py"]
    assert "(introduced)" in result.summary
    assert job.use({"gates": "lint", "since": "HEAD"}).outputs["new-findings"] == "0"


def test_a_base_that_was_not_fetched_is_an_error_with_its_remedy(job: Job) -> None:
    job.event = {"GITHUB_BASE_REF": "main; echo INJECTED"}
    result = job.use()
    assert (result.code, result.outputs["exit-code"], result.outputs["verdict"]) == (2, "2", "broken")
    assert len(result.shown("error")) == 1
    assert "origin/main; echo INJECTED" in result.shown("error")[0].data
    assert result.summary.startswith("## 🚧 Quality gates checked nothing")
    assert [result.outputs[name] for name in ("new-findings", "report-json", "sarif-file", "prompt-file")] == [""] * 4


def test_paths_begin_at_the_repository_for_a_project_below_it(tmp_path: Path) -> None:
    job = Job(tmp_path)
    job.write("services/api/pyproject.toml", LINT)
    job.write("services/api/m.py", WRONG)
    job.commit()
    result = job.use({"working-directory": "services/api", "report-dir": "out put"})
    assert [each.properties["file"] for each in result.shown("error")] == ["services/api/m.py"]
    sarif = json.loads((job.root / "out put" / "gates.sarif").read_text())
    place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "services/api/m.py"
    report = json.loads((job.root / "out put" / "report.json").read_text())
    assert [each["location"]["path"] for outcome in report["outcomes"] for each in outcome["findings"]] == ["m.py"]
    assert result.outputs["sarif-file"] == str(job.root / "out put" / "gates.sarif")


def test_a_gate_that_could_not_decide_raises_3(job: Job) -> None:
    job.write("pyproject.toml", LINT + 'typing.inherit = true\n[tool.mypy]\nplugins = ["no_such_plugin"]\n')
    result = job.use({"gates": "typing lint"})
    assert (result.code, result.outputs["exit-code"], result.outputs["verdict"]) == (3, "3", "broken"), result.log
    assert result.shown("error")[0].properties["title"] == "typing could not decide"
    assert "could not decide: typing" in result.summary


def test_wrong_configuration_raises_2(job: Job) -> None:
    job.write("pyproject.toml", "[tool.gates]\npresent = 1\n")
    result = job.use()
    assert result.code == 2
    assert "`present`" in result.shown("error")[0].data


def test_a_report_beyond_the_limit_of_a_summary_is_shortened(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(8):
        job.write(f"wrong_{number}.py", "import os\n" * 1500)
    result = job.use({"gates": "lint"})
    assert 500_000 < len(result.summary.encode()) <= markdown.MAX_BYTES
    assert "left out here for want of room" in result.summary
    _only_annotations(result)


@pytest.mark.parametrize("file", ["GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"])
@pytest.mark.parametrize("wrong", ["missing", "not there", "full"])
def test_what_the_runner_does_not_take_changes_no_verdict(job: Job, file: str, wrong: str) -> None:
    path = {"missing": "", "not there": str(job.base / "no" / "where"), "full": str(job.base / "full")}[wrong]
    (job.base / "full").write_bytes(b"x" * markdown.MAX_BYTES)
    env = {"GITHUB_WORKSPACE": str(job.root), "RUNNER_TEMP": str(job.base), file: path}
    done = job.gates("action", env=env)
    assert done.code == 0, done.said
    warned = wrong == "not there" or (wrong == "full" and file == "GITHUB_STEP_SUMMARY")
    assert ("::warning title=quality-gates::" in done.out) is warned


def test_every_input_has_its_variable_and_none_stands_in_a_script() -> None:
    steps = load(ROOT / "action.yml")["runs"]["steps"]
    scripts = [each["run"] for each in steps if "run" in each]
    assert scripts
    assert not any("${{" in each for each in scripts)
    source = (ROOT / "gates" / "commands" / "action.py").read_text()
    handed = {name for each in steps for name in each.get("env", {}) if name.startswith("GATES_ACTION_")}
    assert handed == set(re.findall(r"GATES_ACTION_\w+", source))


def test_no_secret_is_asked_for() -> None:
    text = (ROOT / "action.yml").read_text()
    assert not re.search(r"secrets\.|github\.token|GITHUB_TOKEN|pull_request_target", text)


def test_shards_are_judged_as_one_check(job: Job) -> None:
    for number in range(4):
        job.write(f"wrong_{number}.py", WRONG + f"x = {number}\n")
    alone = job.use({"report-dir": "alone"})
    for number in (1, 2):
        part = job.use({"shard": f"{number}/2", "report-dir": f"parts/{number}"})
        file = str(job.root / f"parts/{number}/shard-{number}-of-2.json")
        assert (part.code, part.runner.commands, part.outputs["shard-file"]) == (0, [], file), part.log
    result = job.use({"shards": "parts", "report-dir": "together"})
    assert result.runner.commands == alone.runner.commands, result.log
    assert [result.outputs[name] for name in ("verdict", "exit-code", "new-findings")] == ["failed", "1", "4"]
    assert result.summary.startswith("## ❌ Quality gates failed: 4 errors in 4 files")
    for name in ("gates.sarif", "prompt.md"):
        one, other = ((job.root / folder / name).read_text() for folder in ("alone", "together"))
        assert _timeless(one) == _timeless(other), name


def _timeless(text: str) -> str:
    """Return a report without what differs from run to run: a boundary."""
    return re.sub(r"\|[0-9a-f]{8}\|", "", text)


def test_a_shard_that_is_missing_fails(job: Job) -> None:
    job.use({"shard": "1/2", "report-dir": "parts"})
    result = job.use({"shards": "parts"})
    assert (result.code, result.outputs["verdict"], result.outputs["report-json"]) == (3, "broken", "")
    assert "1 shard of 2 missing: 2" in result.shown("error")[0].data
    result = job.use({"shards": "nowhere"})
    assert (result.code, result.shown("error")[0].data) == (
        2,
        "the folder `shards` holds no shard\nDownload the artifacts of all shards into it.",
    )


@pytest.mark.parametrize("text", ["0/2", "../../x", "1/2; id", "a\n::error::x"])
def test_a_shard_that_is_none_is_refused(job: Job, text: str) -> None:
    result = job.use({"shard": text, "report-dir": "parts"})
    assert (result.code, result.outputs["shard-file"], list((job.root / "parts").iterdir())) == (2, "", [])
    assert "--shard takes I/N" in result.shown("error")[0].data
