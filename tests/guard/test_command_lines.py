"""Command lines that get around the checks are refused; those that only look like it pass."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gates.guard import PROTECTED, Place, Refusal, UnclearError, judge, judge_edits
from tests.guard.table import INNOCENT, REFUSED


@pytest.mark.parametrize("command", REFUSED)
def test_refused(command: str) -> None:
    found = judge(command)
    assert found is not None
    assert found.text.isprintable()
    assert "gates flag ID --reason" in found.text


@pytest.mark.parametrize("command", INNOCENT)
def test_innocent(command: str) -> None:
    assert judge(command) is None


@pytest.mark.parametrize(
    "command", ["git commit -m 'x", 'echo "', "echo $(", "echo `ls", "echo ${x", 'bash -c "echo \'"', "x=(1 2"]
)
def test_what_is_no_shell_is_unclear(command: str) -> None:
    with pytest.raises(UnclearError):
        judge(command)


@pytest.mark.parametrize(
    "command", ["$(" * 3_000, "(" * 10_000, "`\\`" * 500, "eval " * 300 + "x", "a=${" * 2_000, "env " * 100_000]
)
def test_what_nests_too_deeply_is_unclear_or_innocent(command: str) -> None:
    try:
        assert judge(command) is None
    except UnclearError as error:
        assert str(error)


@given(st.text(st.sampled_from("git comn-verfy$(){}<>|&;'\"`\\\n#=EOFx ")))
@example("<<")
@example("a=(")
@example("$")
def test_any_text_is_judged_or_unclear(command: str) -> None:
    try:
        assert isinstance(judge(command), Refusal | None)
    except UnclearError as error:
        assert str(error)


PLACE = Place(root="/home/ann/shop", cwd="/home/ann/shop/src", home="/home/ann")


@pytest.mark.parametrize(
    ("command", "refused"),
    [
        ("rm gates.toml", False),
        ("rm ../gates.toml", True),
        ("cd .. && rm gates.toml", True),
        ("cd ..; cd src; rm gates.toml", False),
        ("(cd ..); rm gates.toml", False),
        ("cd $X && rm gates.toml", True),
        ("rm /home/ann/shop/gates.toml", True),
        ("rm /home/ann/shop/src/gates.toml", False),
        ("rm /home/ann/other/gates.toml", False),
        ("rm -rf /tmp/clone/.git", False),
        ("rm /srv/main/.git/hooks/pre-commit", True),
        ("rm -rf ../.git", True),
        ("echo > ~/.claude/settings.json", True),
        ("echo > $HOME/.claude/settings.json", True),
        ("git -C .. checkout -- gates.toml", True),
        ("git checkout -- gates.toml", False),
    ],
)
def test_paths_are_those_of_the_project(command: str, refused: bool) -> None:
    assert (judge(command, PROTECTED, PLACE) is not None) is refused


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/home/ann/shop/gates.toml", True),
        ("../gates.toml", True),
        ("/home/ann/shop/.github/workflows/ci.yml", True),
        ("/home/ann/shop/.claude/settings.local.json", True),
        ("/home/ann/.claude/settings.json", True),
        ("/home/ann/shop/.git/hooks/pre-push", True),
        ("/home/ann/shop/src/gates.toml", False),
        ("/home/ann/shop/pyproject.toml", False),
        ("/home/ann/shop/.github/CODEOWNERS.md", False),
        ("shop.py", False),
    ],
)
def test_edits(path: str, refused: bool) -> None:
    assert (judge_edits(["x.py", path], PROTECTED, PLACE) is not None) is refused


def test_what_is_protected_can_be_said() -> None:
    assert judge("rm gates.toml", ["other.json"]) is None
    assert judge("rm other.json", ["other.json"]) is not None


def test_a_refusal_says_what_and_why() -> None:
    found = judge("git commit -nm x")
    assert found is not None
    assert found.text.startswith("gates: refused, because `git commit -nm` skips the hooks of this repository. ")


def test_a_long_command_is_judged_in_no_time() -> None:
    assert judge("cat <<'EOF' > x\n" + "it's $( `a` \"b\n" * 100_000 + "EOF\nls") is None
