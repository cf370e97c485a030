"""A proposal as a person reads it: what was found, what is proposed, and the measured reason of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gates.model import Status
from gates.proposing.proposal import Proposal
from gates.proposing.shape import Shape
from gates.proposing.spread import ENOUGH
from gates.proposing.trial import Tried
from gates.text import counted, visible

_TOPICS = ("preset", "source", "typing", "lint", "layers")
_SHOWN = 5


def told(shape: Shape, tried: Tried) -> Iterator[str]:
    """Yield the lines that explain what is proposed."""
    proposal = tried.proposal
    yield f"found     {_found(shape)}"
    for topic in (*_TOPICS, *sorted(set(proposal.reasons) - set(_TOPICS))):
        if topic in proposal.reasons:
            yield f"{topic:<9} {_chosen(proposal, topic)}{visible(proposal.reasons[topic])}"
    yield from _left_out(proposal)
    yield from _limits(proposal)
    yield from _missing(tried)


def debt(tried: Tried) -> str:
    """Return how much the baseline accepts, and most of what."""
    gates: Counter[str] = Counter()
    for each in tried.entries:
        gates[each.gate] += 0 if each.latent else each.count
    most = ", ".join(f"{gate} {number:,}" for gate, number in gates.most_common() if number)
    return f"{counted(gates.total(), 'finding')} accepted ({most})"


def _found(shape: Shape) -> str:
    functions = sum(len(each.functions) for each in shape.files.values())
    packages = ", ".join(shape.packages[:_SHOWN]) or "no package"
    more = f" and {len(shape.packages) - _SHOWN} more" if len(shape.packages) > _SHOWN else ""
    tests = f"{counted(len(shape.tested), 'file')} of tests ({', '.join(shape.tests)})" if shape.tests else "no tests"
    files = counted(len(shape.files), "file")
    return visible(f"{files}, {counted(functions, 'function')}; {packages}{more}; {tests}")


def _chosen(proposal: Proposal, topic: str) -> str:
    strictness = "inherit" if "typing" in proposal.inherit else proposal.strictness
    chosen = {
        "preset": proposal.preset,
        "typing": "off" if "typing" in proposal.off else strictness,
        "lint": "inherit" if "lint" in proposal.inherit else proposal.preset,
        "layers": "proposed" if proposal.contracts else "none",
    }
    return f"{chosen[topic]}: " if topic in chosen else ""


def _left_out(proposal: Proposal) -> Iterator[str]:
    for each in proposal.left_out[:_SHOWN]:
        yield visible(f"exclude   {each.pattern}: {each.why}")
    if len(proposal.left_out) > _SHOWN:
        yield f"exclude   … and {len(proposal.left_out) - _SHOWN} more, below"


def _limits(proposal: Proposal) -> Iterator[str]:
    """Yield the table of measures; tests are not in it."""
    if all(each.count < ENOUGH for each in proposal.measured):
        yield f"limits    those of {proposal.preset}: fewer than {ENOUGH} functions tell nothing about limits"
        return
    heading = ("values", "95 %", "99 %", "worst", proposal.preset, "proposed")
    yield ""
    yield f"{'limit':<26}" + "".join(f"{each:>11}" for each in heading)
    for each in proposal.measured:
        numbers = (each.count, each.most, each.nearly_all, each.worst, each.limit, each.proposed)
        yield f"{f'{each.gate}.{each.option}':<26}" + "".join(f"{number:>11,}" for number in numbers)


def _missing(tried: Tried) -> Iterator[str]:
    """Yield what to know when mypy cannot see the packages that the project imports."""
    every = tried.report.findings()
    rules = {"typing/import-not-found", "typing/import-untyped"}
    missing = [each for each in every if each.rule in rules and each.status is not Status.SUPPRESSED]
    if missing:
        yield ""
        have = "has" if len(missing) == 1 else "have"
        yield f"typing: {counted(len(missing), 'import')} cannot be found where gates looks, or {have} no types."
        yield "With the packages of the project in .venv, or active, fewer findings are accepted: install them first,"
        yield "then run gates init. Types are judged the same only where the same packages are installed, in CI too."
