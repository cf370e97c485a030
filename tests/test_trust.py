"""What an untrusted run does not start: each way is tried with a canary, which a trusted run does start."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gates import archive, environments, registry
from gates.model import View
from tests.project import CLEAN, Project, outcome, rules
from tests.reporters.sample import REPORT

SAID = "nothing that the project names or holds was started"
TYPING = '[tool.gates]\npreset = "prototype"\n[tool.gates.typing]\n'
INHERITS = TYPING + "inherit = true\n"
PLUGIN = (
    "import pathlib\npathlib.Path({canary!r}).touch()\nfrom mypy.plugin import Plugin\ndef plugin(v): return Plugin\n"
)

Way = Callable[["Trap"], dict[str, str]]


class Trap(Project):
    """A project that can start something, which leaves a canary outside of it."""

    def __init__(self, base: Path) -> None:
        super().__init__(base)
        self.canary = base / "canary"
        self.write("app.py")

    def python(self, name: str) -> Path:
        """Write an interpreter that tells that it was started."""
        path = self.write(name, f'#!/bin/sh\ntouch {self.canary}\nexec {sys.executable} "$@"\n')
        path.chmod(0o755)
        return path

    def plugin(self, name: str = "evil.py") -> Path:
        """Write a plugin of mypy's that tells that it was loaded."""
        return self.write(name, PLUGIN.format(canary=str(self.canary)))

    def typed(self, *flags: str, env: dict[str, str] | None = None) -> dict[str, Any]:
        """Return the report of a check of types."""
        done = self.gates("check", "--gate", "typing", "--output-format", "json", *flags, env=env)
        assert done.said.startswith("{"), done
        report: dict[str, Any] = json.loads(done.out)
        assert report["exit_code"] == done.code
        return report


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


def chosen(trap: Trap) -> dict[str, str]:
    trap.python("tools/python")
    trap.write("pyproject.toml", TYPING + 'python = "tools/python"\n')
    return {}


def chosen_elsewhere(trap: Trap) -> dict[str, str]:
    outside = trap.base / "python"
    trap.python("p").rename(outside)
    trap.write("pyproject.toml", TYPING + f'python = "{outside}"\n')
    return {}


def dot_venv(trap: Trap) -> dict[str, str]:
    trap.python(".venv/bin/python")
    trap.write("pyproject.toml", TYPING)
    return {}


def venv(trap: Trap) -> dict[str, str]:
    trap.python("venv/bin/python")
    trap.write("pyproject.toml", TYPING)
    return {}


def active(trap: Trap) -> dict[str, str]:
    trap.write("pyproject.toml", TYPING)
    return {"VIRTUAL_ENV": str(trap.python("env/bin/python").parent.parent)}


def active_link(trap: Trap) -> dict[str, str]:
    (trap.base / "link").symlink_to(trap.python("env/bin/python").parent.parent)
    trap.write("pyproject.toml", TYPING)
    return {"VIRTUAL_ENV": str(trap.base / "link")}


def active_program_link(trap: Trap) -> dict[str, str]:
    program = trap.base / "outside" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.symlink_to(trap.python("env/bin/python"))
    trap.write("pyproject.toml", TYPING)
    return {"VIRTUAL_ENV": str(program.parent.parent)}


INTERPRETERS: list[Way] = [chosen, chosen_elsewhere, dot_venv, venv, active, active_link, active_program_link]


def ini(trap: Trap) -> dict[str, str]:
    trap.plugin()
    trap.write("pyproject.toml", INHERITS)
    trap.write("mypy.ini", "[mypy]\nplugins = evil.py\n")
    return {}


def ini_shouted(trap: Trap) -> dict[str, str]:
    trap.plugin()
    trap.write("pyproject.toml", INHERITS)
    trap.write(".mypy.ini", "[DEFAULT]\nPLUGINS :\n  evil.py\n[mypy]\n")
    return {}


def setup_cfg(trap: Trap) -> dict[str, str]:
    trap.plugin()
    trap.write("pyproject.toml", INHERITS)
    trap.write("setup.cfg", "[mypy]\nplugins: ./evil.py:plugin\n")
    return {}


def toml(trap: Trap) -> dict[str, str]:
    trap.plugin()
    trap.write("pyproject.toml", '[tool.mypy]\n"plu\\u0067ins" = ["evil.py"]\n' + INHERITS)
    return {}


PLUGINS: list[Way] = [ini, ini_shouted, setup_cfg, toml]


@pytest.mark.parametrize("way", INTERPRETERS)
def test_no_program_of_the_project_is_an_interpreter(trap: Trap, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", way(trap).get("VIRTUAL_ENV", ""))
    named = "tools/python" if way is chosen else str(trap.base / "python") if way is chosen_elsewhere else ""
    trusted = environments.found(trap.root, named)
    assert trusted.left_alone == ""
    assert "touch" in Path(trusted.python).read_text()
    found = environments.found(trap.root, named, untrusted=True)
    assert found.python == sys.executable
    assert (trap.root / found.left_alone).samefile(trusted.python)
    (trap.root / "services").mkdir()
    (trap.root / ".git").mkdir()
    assert environments.found(trap.root / "services", "", untrusted=True).python == sys.executable


@pytest.mark.parametrize(
    ("way", "name", "base"), [(chosen, "tools/python", False), (dot_venv, ".venv/bin/python", True)]
)
def test_an_interpreter_of_the_project_is_not_started(trap: Trap, way: Way, name: str, base: bool) -> None:
    env, flags = made(trap, way, base=base)
    report = trap.typed("--untrusted", *flags, env=env)
    assert (report["exit_code"], trap.canary.exists(), unknown(report)) == (0, False, [name])
    trap.typed(*flags, env=env)
    assert trap.canary.exists()


@pytest.mark.parametrize(("way", "base"), [*((way, False) for way in PLUGINS), (ini, True), (toml, True)])
def test_a_plugin_is_not_loaded_and_types_are_not_decided(trap: Trap, way: Way, base: bool) -> None:
    env, flags = made(trap, way, base=base)
    report = trap.typed("--untrusted", *flags, env=env)
    said = outcome(report, "typing")["reason"]
    assert "sets `plugins` for mypy, which may start a program" in said
    assert (report["exit_code"], trap.canary.exists()) == (3, False)
    if way in (ini_shouted, toml) and not base:
        trap.typed(*flags, env=env)
        assert trap.canary.exists()


def made(trap: Trap, way: Way, *, base: bool) -> tuple[dict[str, str], list[str]]:
    """Set the trap, as a change when there is a base; return what the environment holds and which flags name it."""
    if not base:
        return way(trap), []
    trap.write("pyproject.toml", '[tool.gates]\npreset = "prototype"\n')
    trap.commit()
    env = way(trap)
    trap.write("new.py")
    trap.git("add", "-A", "-f")
    trap.git("commit", "-qm", "a change from somewhere")
    return env, ["--since", "HEAD~1"]


def unknown(report: dict[str, Any]) -> list[str]:
    """Return the interpreter whose packages are not known, as the report says, if there is one."""
    said = report["policy"]["untrusted"]
    assert said.startswith(SAID)
    return [said.split("`")[1]] if "`" in said else []


@pytest.mark.parametrize("key", ["mypy_path = .", "custom_typeshed_dir = .", "python_executable = p", "no_such = 1"])
def test_settings_that_lead_mypy_elsewhere_are_refused(trap: Trap, key: str) -> None:
    trap.python("p")
    trap.write("pyproject.toml", INHERITS)
    trap.write("mypy.ini", f"[mypy]\n{key}\n")
    report = trap.typed("--untrusted")
    assert (report["exit_code"], trap.canary.exists()) == (3, False)
    assert f"mypy.ini sets `{key.split()[0]}` for mypy" in outcome(report, "typing")["reason"]


def test_settings_that_only_judge_hold_all_the_same(trap: Trap) -> None:
    trap.write("pyproject.toml", INHERITS)
    trap.write("mypy.ini", "[mypy]\nstrict = true\nfollow_imports = silent\n[mypy-x.*]\nignore_errors = true\n")
    trap.write("loose.py", "def f(x):\n    return x\n")
    assert rules(trap.typed("--untrusted")) == [("typing/no-untyped-def", "loose.py", 1)]


def test_ruff_does_not_go_on_elsewhere(trap: Trap) -> None:
    secret = trap.base / "secret"
    secret.write_text("the secret of the runner\n")
    trap.write("ruff.toml", f'extend = "{secret}"\n')
    trap.write("pyproject.toml", "[tool.gates.lint]\ninherit = true\n")
    done = trap.gates("check", "--gate", "lint", "--untrusted")
    assert (done.code, "the secret" in done.said) == (3, False)
    assert "ruff.toml sets `extend` for ruff" in done.said
    trap.write("ruff.toml", 'lint.select = ["F401"]\n')
    trap.write("app.py", "import os\n")
    assert "lint/F401" in trap.gates("check", "--gate", "lint", "--untrusted").said


def test_what_no_run_starts_an_untrusted_one_does_not_either(trap: Trap) -> None:
    """Plugins named in the source, contract types of import-linter's, programs named as the tools are."""
    trap.plugin()
    trap.write("app.py", f"# mypy: plugins=evil.py\n# mypy: python_executable=bin/ruff\n{CLEAN}")
    trap.write("pkg/__init__.py", "")
    trap.write(".importlinter", "[importlinter]\nroot_package = pkg\ncontract_types = evil: evil.Contract\n")
    for name in ("mypy", "ruff", "jscpd", "lint-imports", "python3"):
        trap.python(f"bin/{name}")
    contract = '[[tool.gates.layers.contracts]]\nid = "a"\ntype = "evil"\nwhy = "x"\n'
    trap.write("pyproject.toml", '[tool.gates.layers]\npackages = ["pkg"]\n')
    for flags in ([], ["--untrusted"]):
        trap.gates("check", *flags, env={"PATH": f"{trap.root / 'bin'}:/usr/bin:/bin"})
        assert not trap.canary.exists()
    trap.write("pyproject.toml", f'[tool.gates.layers]\npackages = ["pkg"]\n{contract}')
    assert trap.gates("check").code == 2


def test_the_policy_can_ask_for_it_and_a_change_cannot_take_it_back(trap: Trap) -> None:
    trap.python(".venv/bin/python")
    trap.write(
        "pyproject.toml",
        TYPING.replace("[tool.gates]\n", '[tool.gates]\ntrust = "untrusted"\n') + "[tool.gates.policy]\n",
    )
    trap.commit()
    assert unknown(trap.typed()) == [".venv/bin/python"]
    trap.write("pyproject.toml", f"{TYPING}[tool.gates.policy]\n")
    trap.git("commit", "-qam", "trusts itself")
    done = trap.gates("check", "--since", "HEAD~1", "--output-format", "json")
    report = json.loads(done.out)
    assert ("policy/changed", "pyproject.toml", 1) in rules(report)
    assert '`trust` was "untrusted" and is "repo": the stricter value holds' in done.out.replace("\\", "")
    assert unknown(report) == [".venv/bin/python"]
    assert not trap.canary.exists()


def test_a_change_that_says_it_is_trusted_is_not_for_whoever_does_not(trap: Trap) -> None:
    dot_venv(trap)
    trap.write("pyproject.toml", TYPING.replace("[tool.gates]\n", '[tool.gates]\ntrust = "repo"\n'))
    assert unknown(trap.typed("--untrusted")) == [".venv/bin/python"]
    assert not trap.canary.exists()


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_people_are_told(name: str) -> None:
    said = f"{SAID}; types know no package of `.venv/bin/<i>python`"
    policy = msgspec.structs.replace(REPORT.policy, untrusted=said)
    report = msgspec.structs.replace(REPORT, policy=policy)
    told = registry.reporter(name)(report, View())
    assert SAID in told
    assert SAID not in registry.reporter(name)(REPORT, View())
    assert ("<i>" in told) == (name != "html")  # in Markdown it stands between backticks
    again = archive.read(registry.reporter("json")(report, View()).encode(), "report.json")
    assert again.policy == policy


def test_an_environment_elsewhere_is_used(trap: Trap) -> None:
    trap.write("pyproject.toml", TYPING)
    program = trap.base / "outside" / "bin" / "python"
    program.parent.mkdir(parents=True)
    trap.python("p").rename(program)
    assert unknown(trap.typed("--untrusted", env={"VIRTUAL_ENV": str(program.parent.parent)})) == []
    assert trap.canary.exists()


def test_shards_of_an_untrusted_run_are_judged_as_that(trap: Trap) -> None:
    dot_venv(trap)
    trap.write("second.py")
    trap.commit()
    parts = []
    for number in (1, 2):
        done = trap.gates("check", "--untrusted", "--shard", f"{number}/2")
        parts.append(trap.base / f"shard-{number}.json")
        parts[-1].write_text(done.out)
    merged = trap.gates("report", "merge", *map(str, parts))
    assert merged.code == 0, merged
    assert unknown(json.loads(merged.out)) == [".venv/bin/python"]
    trusted = trap.base / "trusted.json"
    assert not trap.canary.exists()
    trusted.write_text(trap.gates("check", "--shard", "2/2").out)
    assert "made by different rules" in trap.gates("report", "merge", str(parts[0]), str(trusted)).said


def test_a_check_that_is_remembered_stays_untrusted(trap: Trap) -> None:
    dot_venv(trap)
    trap.commit()
    for _ in range(2):
        assert SAID in trap.gates("check", "--untrusted", "--output-format", "text").said
    assert not trap.canary.exists()
    assert SAID not in trap.gates("check", "--output-format", "text").said


def test_the_doctor_starts_nothing_in_a_project_that_is_not_trusted(trap: Trap) -> None:
    trap.python(".venv/bin/python")
    trap.python(".venv/bin/gates")
    trap.python("hook")
    trap.write("pyproject.toml", '[tool.gates]\ntrust = "untrusted"\n')
    command = f"{trap.root / 'hook'} agent stop --host claude-code # gates agent"
    hooks = {"hooks": {"Stop": [{"hooks": [{"type": "command", "command": command}]}]}}
    trap.write(".claude/settings.json", json.dumps(hooks))
    trap.commit()
    said = trap.gates("doctor").said
    assert not trap.canary.exists()
    assert "hooks were not fired" in said
    assert "types are not looked up in .venv/bin/python" in said
