"""What follows from attempts: properties that hold for any history, and the defaults of the thresholds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.loop import convergence
from gates.loop.convergence import Health, Progress, Seen, Thresholds, Trend
from tests.examples import examples

NAMES = st.sampled_from([f"e{number}" for number in range(8)])
LIMITS = Thresholds()


@st.composite
def seen(draw: st.DrawFn) -> Seen:
    open_ = draw(st.dictionaries(NAMES, st.sampled_from(["one", "two", "three"]), max_size=8))
    silenced = draw(st.sets(st.sampled_from(sorted(open_)))) if open_ else set()
    return Seen(open_, tuple(sorted(silenced)))


@examples(100)
@given(seen(), seen())
def test_a_step_tells_every_error_of_both_sides_once(before: Seen, now: Seen) -> None:
    step = convergence.progress(before, now)
    told = [*step.resolved, *step.introduced, *step.suppressed, *step.unchanged]
    assert len(told) == len(set(told))
    assert set(told) == set(before.open) | set(now.open)
    assert len(now.open) == len(before.open) - len(step.resolved) + len(step.introduced)


@examples(100)
@given(seen(), seen())
def test_what_one_way_resolves_the_way_back_introduces(before: Seen, now: Seen) -> None:
    there, back = convergence.progress(before, now), convergence.progress(now, before)
    assert (there.resolved, there.introduced) == (back.introduced, back.resolved)


@examples(100)
@given(seen(), seen())
def test_what_is_silenced_is_never_resolved(before: Seen, now: Seen) -> None:
    step = convergence.progress(before, now)
    assert not set(step.resolved) & set(now.silenced)
    assert not set(step.suppressed) & set(before.silenced)


@examples(100)
@given(seen())
def test_to_stay_is_a_stall_and_neither_a_rise_nor_an_oscillation(state: Seen) -> None:
    assert convergence.progress(state, state).is_stall
    assert not convergence.rises(state, state)
    assert not convergence.recurs([state], state, state)


@examples(100)
@given(seen(), seen())
def test_a_way_and_back_is_an_oscillation(first: Seen, second: Seen) -> None:
    assert convergence.recurs([first, second], second, first) == (first.open.keys() != second.open.keys())


@examples(100)
@given(st.lists(seen(), min_size=1))
def test_no_state_is_better_than_the_best_and_of_equals_it_is_the_first(states: list[Seen]) -> None:
    best = convergence.best(states)
    assert all(states[best].score <= each.score for each in states)
    assert all(states[best].score < each.score for each in states[:best])


@examples(100)
@given(seen(), st.lists(NAMES))
def test_as_long_as_errors_only_go_nothing_rises_or_recurs(start: Seen, order: list[str]) -> None:
    states = [start]
    for name in order:
        before = states[-1]
        now = Seen({each: cause for each, cause in before.open.items() if each != name})
        assert not convergence.rises(before, now)
        assert not convergence.recurs(states, before, now)
        states.append(now)
    assert convergence.best(states) == min(range(len(states)), key=lambda index: len(states[index].open))


@examples(100)
@given(st.lists(st.integers(0, 99), max_size=9), st.integers(0, 99))
def test_a_trend_is_that_of_the_last_steps(earlier: list[int], last: int) -> None:
    found = convergence.trend([*earlier, last])
    begin = [*earlier, last][-4:][0]
    assert found is (Trend.FLAT if begin == last else Trend.FALLING if last < begin else Trend.RISING)


@pytest.mark.parametrize(
    ("resolved", "stalled", "done", "expected"),
    [
        (5, 0, False, Health.HEALTHY),
        (4, 0, False, Health.WARNING),
        (2, 0, False, Health.WARNING),
        (1, 0, False, Health.CRITICAL),
        (9, 1, False, Health.WARNING),
        (9, 3, False, Health.CRITICAL),
        (0, 3, True, Health.HEALTHY),
    ],
)
def test_health_by_the_defaults(resolved: int, stalled: int, done: bool, expected: Health) -> None:
    assert convergence.health(resolved, stalled, done=done, limits=LIMITS) is expected


def test_errors_of_one_cause_count_as_one() -> None:
    before = Seen({f"e{number}": "a renamed method" for number in range(100)})
    step = convergence.progress(before, Seen({}))
    assert (len(step.resolved), step.causes) == (100, 1)


def test_stalls_are_counted_from_the_end() -> None:
    stall, step = Progress(), Progress(resolved=("e",))
    assert [convergence.stalls(each) for each in ([], [stall], [stall, step], [step, stall, stall])] == [0, 1, 0, 2]
