"""A change is judged by the policy that it started from, and says so when it touches what judges it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from gates.config import Loosened, Patterns, Policy
from gates.model import Finding, Inspection, Location, Rule, Severity
from gates.project import NO_POLICY, Base, Project
from gates.scope import SUFFIXES

READS = "change"
RULES = (
    Rule(
        "changed",
        "a change leaves the policy that judges it at least as strict as it was",
        "Restore the value and mend the code instead; rules are loosened in a change of their own, by whoever answers "
        "for them.",
    ),
    Rule(
        "unverified",
        "the policy at the base is known",
        "Make the base readable, with its whole history, so that the policy now can be held against the one before.",
    ),
    Rule(
        "guard-changed",
        "the files that start the checks are left alone",
        "Say in the description of the change why the file had to change, and have that part reviewed by a person.",
    ),
)
_GUARDS = (
    ".pre-commit-config.yaml",
    ".pre-commit-hooks.yaml",
    "prek.toml",
    "lefthook.y*ml",
    ".lefthook.y*ml",
    ".husky/**",
    ".githooks/**",
    "hooks/**",
    ".github/workflows/**",
    ".github/actions/**",
    "action.y*ml",
    ".gitlab-ci.yml",
    ".circleci/**",
    "azure-pipelines.yml",
    "Jenkinsfile",
    ".claude/settings*.json",
    ".claude/hooks/**",
    ".codex/**",
    ".gemini/settings.json",
    ".cursor/hooks.json",
    ".github/hooks/**",
    ".github/copilot/settings.json",
    ".opencode/plugins/**",
    ".windsurf/hooks.json",
    ".openhands/hooks.json",
    ".clinerules/hooks/**",
    ".continue/settings*.json",
    "CODEOWNERS",
    ".gitattributes",
)
"""What starts checks, or says who must look at a change: hooks of git, of CI and of coding agents."""

_PLACES = ("hooks/", ".")
"""Where among them a Python file can lie. Most changes touch nothing else, and need no patterns."""

_CONSEQUENCE = {
    (True, True): ": the stricter value holds for this change",
    (True, False): ", which is less strict",
    (False, True): ": neither is the stricter, and both hold for this change",
    (False, False): ": neither is the stricter, and the new one holds",
}
"""What follows from a changed value: whether there is an order, and whether the former value still judges."""

_FIRST = (
    "The change brings the first rules: have a person look at them, as nothing was there to compare them with. "
    "Later changes are held against them."
)
_LONGEST = 120


class Options(Struct, frozen=True, rename="kebab"):
    """This gate has no options: a change that could set them would judge itself."""


def plan(project: Project, policy: Policy[Options]) -> tuple[str, ...]:
    """The policy is no file of the project."""
    return ()


def check(project: Project, policy: Policy[Options]) -> Inspection:
    """Report what the change made less strict, and the files that guard the project as far as it touched them."""
    base = project.base
    if base is None:
        return Inspection(broken="there is no base to compare with")
    findings = (*map(_changed, base.loosened), *_unverified(project, base), *_guards(base))
    return Inspection(findings=findings, counts={"keys": len(base.loosened), "touched": len(base.touched)})


def _changed(each: Loosened) -> Finding:
    message = f"`{each.key}` was {_short(each.before)} and is {_short(each.after)}"
    return Finding(
        rule="policy/changed",
        message=f"{message}{_CONSEQUENCE[each.ordered, each.held]}",
        location=Location(each.path, each.line),
        severity=Severity.ERROR if each.ordered else Severity.WARNING,
        identity=f"{each.key}: {each.before} -> {each.after}",
    )


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"


def _unverified(project: Project, base: Base) -> Iterator[Finding]:
    if base.unverified:
        name = "gates.toml" if (project.root / "gates.toml").is_file() else "pyproject.toml"
        yield Finding(
            rule="policy/unverified",
            message=f"the policy now could not be held against that of the base: {base.unverified}",
            location=Location(name),
            severity=Severity.ERROR if base.ci and base.unverified != NO_POLICY else Severity.WARNING,
            help=_FIRST if base.unverified == NO_POLICY else "",
            identity="project",
        )


def _guards(base: Base) -> Iterator[Finding]:
    candidates = [path for path in sorted(base.touched) if not path.endswith(SUFFIXES) or path.startswith(_PLACES)]
    guards = Patterns(_GUARDS if candidates else ())
    for path in candidates:
        what = base.touched[path]
        if guards.match(path):
            yield Finding(
                rule="policy/guard-changed",
                message=f"`{path}`, which decides what is checked, was {what}",
                location=Location(path),
                severity=Severity.WARNING,
                identity=path,
            )
