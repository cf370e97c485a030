"""What an agent may not do: step around the checks, or edit the rules, the debt that is accepted and the hooks.

It is a help against mistakes and short cuts, not a wall: whoever wants to finds a way that no command line shows. What
counts is the check outside, in CI.
"""

from gates.guard.judge import Refusal, judge, judge_edits
from gates.guard.paths import PROTECTED, Place
from gates.guard.shell import UnclearError

__all__ = ["PROTECTED", "Place", "Refusal", "UnclearError", "judge", "judge_edits"]
