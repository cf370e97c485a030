"""How a loop ends: the best tree, the ticket for a person, and the table of what the attempts did."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence

from gates import git, tickets
from gates.loop import memory, pin, tables
from gates.loop.convergence import Ending, Thresholds, trend
from gates.loop.course import Course, Standing
from gates.loop.journal import Ended, Judged
from gates.loop.keeping import Keeper
from gates.loop.place import Place
from gates.model import Finding, GatesError, Report
from gates.process import Spawner
from gates.text import counted, visible
from gates.tickets import Row, Ticket

REASONS = {
    Ending.PASSED: "every gate passed",
    Ending.STALLED: "two attempts in a row resolved nothing",
    Ending.RISE: "an attempt resolved nothing and brought errors in",
    Ending.OSCILLATION: "an attempt came back to a state that was there before",
    Ending.TAMPERING: "an attempt changed what judges it",
    Ending.FLAG: "the agent flagged a finding for a person",
    Ending.ATTEMPTS: "no attempt is left",
    Ending.SECONDS: "the time is used up",
    Ending.COST: "the cost is used up, or the agent does not tell it",
    Ending.BROKEN: "a gate could not decide, and a person has to repair that",
}
_QUESTIONS = {
    Ending.STALLED: "What does the agent not know that it needs to resolve this?",
    Ending.RISE: "Is there a way to resolve this that does not break what is beside it?",
    Ending.OSCILLATION: "Which of the two ways is the right one, and what makes the other one look right?",
    Ending.TAMPERING: "Are the rules wrong here, or is it the task? An agent may not decide that.",
    Ending.FLAG: "Is the flag right: is the finding wrong, or out of reach?",
    Ending.BROKEN: "What keeps the gate from deciding?",
}
_MORE = "Is what is left worth another loop, or a person's own hands?"
_CODES = {Ending.PASSED: 0, Ending.BROKEN: 3}
_COLUMNS = ("attempt", "resolved", "introduced", "suppressed", "unchanged", "open", "health")


def code(ending: Ending) -> int:
    """Return the exit code: 0 passed, 3 could not decide, 1 handed over to a person."""
    return _CODES.get(ending, 1)


def settle(keeper: Keeper, at: Course, ending: Ending, *, keep_worse: bool) -> Standing:
    """Put back the best tree that was seen, unless the loop passed or the last one is wanted; return what is there.

    Raises:
        BrokenError: it cannot be put back.
    """
    last = at.judged[-1] if at.judged else None
    if keep_worse and last is not None and not last.put_back:
        return Standing(last.attempt, last.seen or at.best.seen, last.tree)
    if ending is Ending.PASSED:
        return at.current
    chosen = at.current if keep_worse else at.best
    keeper.put_back(keeper.kept(chosen.tree))
    return chosen


def handed_over(place: Place, at: Course, ending: Ending, limits: Thresholds, there: Standing) -> str:
    """Write the ticket of a loop that did not pass, and return where it is, below the project where people work; or
    with the transcript, when it cannot be written there.

    Raises:
        GatesError: it cannot be written.
    """
    report = place.report(at.best.attempt)
    found = [memory.writable(each) for each in memory.errors(report)]
    best = f"after attempt {there.attempt}" if there.attempt else "as it was at the beginning"
    ticket = Ticket(
        id=f"loop-{place.folder.name}",
        title=f"{counted(len(found), 'error')} left open: {REASONS[ending]}",
        task=at.started.task or "Resolve what the gates find.",
        reason=REASONS[ending],
        open=tuple(found),
        history=tuple(_row(at, each, limits) for each in at.judged),
        best=f"{best}: {_score(there)}; kept as {there.tree[:12]} with the transcript of {place.folder.name}",
        tried=tuple(f"attempt {each.attempt}: {'; '.join(each.notes)}" for each in at.judged),
        cause=_cause(report, found),
        questions=tuple(each for each in (_QUESTIONS.get(ending, ""), _MORE) if each),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
    try:
        return tickets.write(place.home, ticket).as_posix()
    except GatesError:  # the agent may have put something in its place
        return (place.folder / tickets.write(place.folder, ticket)).as_posix()


def table(at: Course, limits: Thresholds) -> str:
    """Return what the attempts did, a line for each, and where that goes."""
    lines = [(*_COLUMNS, ""), *(_cells(_row(at, each, limits), each) for each in at.judged)]
    causes = [each.causes for each in at.earlier]
    last = f"open causes: {' → '.join(map(str, causes))} ({trend(causes).value})"
    return "\n".join([*tables.columns(lines), last, ""])


def committed(spawner: Spawner, place: Place, at: Course) -> str:
    """Say that the agent moved HEAD, as far as it did: that is not put back.

    Raises:
        BrokenError: git does not answer.
    """
    if at.judged and pin.lost(spawner, place.top, at.started.head):
        return "the agent damaged or replaced the repository: files are put back, commits and branches are not"
    head = git.head(spawner, place.top)
    if head == at.started.head:
        return ""
    was, now = (each[:12] or "no commit" for each in (at.started.head, head))
    return f"the agent moved HEAD from {was} to {now}; files are put back, commits and branches are not"


def _row(at: Course, judged: Judged, limits: Thresholds) -> Row:
    step = judged.progress
    return Row(
        attempt=judged.attempt,
        resolved=len(step.resolved),
        introduced=len(step.introduced),
        suppressed=len(step.suppressed),
        unchanged=len(step.unchanged),
        health=at.health(judged, limits).value,
        note=_note(at.ended, judged),
    )


def _note(ended: Sequence[Ended], judged: Judged) -> str:
    how = next((each.how for each in ended if each.attempt == judged.attempt), "")
    said = [how, f"put back: {judged.put_back}" if judged.put_back else "", judged.ending]
    return "; ".join(each for each in said if each)


def _cells(row: Row, judged: Judged) -> tuple[str, ...]:
    numbers = (row.attempt, row.resolved, row.introduced, row.suppressed, row.unchanged)
    left = str(len(judged.seen.open)) if judged.seen else "-"
    return (*map(str, numbers), left, row.health, visible(row.note))


def _score(there: Standing) -> str:
    return f"{counted(len(there.seen.open), 'error')} from {counted(there.seen.causes, 'cause')}"


def _cause(report: Report, found: Sequence[Finding]) -> str:
    """Return what most of what is open has in common, as far as the gates know."""
    causes = {each.id: each.cause for each in report.groups}
    most = Counter(causes[each.group] for each in found if each.group in causes).most_common(1)
    return f"{most[0][0]} ({most[0][1]} of {len(found)} errors)" if most else ""
