"""A project that is judged by what changed in it, and what the reports of that say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.project import Project, Result

POLICY = '[tool.gates]\npreset = "internal"\n'
"""What the tests write, so that a preset of tomorrow changes none of them."""


class Change(Project):
    """A project under git, and the command that compares."""

    def since(self, ref: str, *arguments: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the report of what changed since a ref."""
        return self.compared("--since", ref, *arguments, env=env)

    def staged(self, *arguments: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the report of what the index would commit."""
        return self.compared("--staged", *arguments, env=env)

    def compared(self, *arguments: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Run `gates check ARGUMENTS` and return its report."""
        result = self.ran(*arguments, env=env)
        assert result.said.startswith("{"), result
        report: dict[str, Any] = json.loads(result.out)
        assert report["exit_code"] == result.code
        return report

    def ran(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        """Run `gates check ARGUMENTS` for JSON."""
        return self.gates("check", "--output-format", "json", *arguments, env=env, timeout=120)

    def save(self, files: Mapping[str, str | bytes | None], message: str = "change") -> str:
        """Write files, remove those without a content, commit everything, and return the commit."""
        self.lay(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def lay(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files, and remove those without a content."""
        for name, content in files.items():
            if content is None:
                (self.root / name).unlink(missing_ok=True)
            else:
                self.write(name, content)


def opened(report: Mapping[str, Any]) -> list[str]:
    """Return each open finding as `path rule origin`, sorted."""
    found = (each for outcome in report["outcomes"] for each in outcome["findings"] if each["status"] == "open")
    return sorted(f"{each['location']['path']} {each['rule']} {each['origin']}" for each in found)


def origins(report: Mapping[str, Any]) -> Counter[str]:
    """Return how many findings have each origin."""
    return Counter(each["origin"] for outcome in report["outcomes"] for each in outcome["findings"])


def reasons(report: Mapping[str, Any]) -> dict[str, str]:
    """Return the reason of each gate that gives one."""
    return {each["gate"]: each["reason"] for each in report["outcomes"] if each["reason"]}
