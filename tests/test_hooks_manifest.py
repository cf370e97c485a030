"""The manifest for pre-commit and prek says what the gates are, and both accept it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gates import registry
from tests.generate_hooks import MANIFEST, manifest

HOOKS: list[dict[str, Any]] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
GATES = {gate.name: gate.reads for gate in registry.gates_found()}


def test_it_is_what_make_generate_writes() -> None:
    assert MANIFEST.read_text(encoding="utf-8") == manifest(), "run `make generate`"


def test_each_gate_is_there_twice_and_all_of_them_too() -> None:
    names = ["gates", *(f"gates-{gate}" for gate in GATES)]
    assert [each["id"] for each in HOOKS] == [*names, *(f"{name}-env" for name in names)]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook(hook: dict[str, Any]) -> None:
    gate = hook["id"].removesuffix("-env").removeprefix("gates").removeprefix("-")
    assert hook["language"] == ("system" if hook["id"].endswith("-env") else "python")
    assert hook["entry"] == (f"gates hook --gate {gate}" if gate else "gates hook")
    assert (hook["pass_filenames"], hook["always_run"]) == (
        (True, False) if GATES.get(gate) == "file" else (False, True)
    )
    assert "pre-push" in hook["stages"]
    assert ("pre-commit" in hook["stages"]) is (GATES.get(gate) not in ("project", "record"))
    assert (hook["args"], hook["require_serial"], hook["types_or"]) == (["--"], True, ["python", "pyi"])


@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_a_hook_manager_accepts_it(manager: str) -> None:
    program = str(Path(sys.executable).with_name(manager))
    done = subprocess.run([program, "validate-manifest", str(MANIFEST)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
