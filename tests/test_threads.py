"""Calls in other threads: what comes of them, in which order, and who waits for whom."""

from __future__ import annotations

import threading
import time

import pytest

from gates.threads import Later, Resident, together


def failing() -> int:
    raise ValueError("no")


def test_a_later_call_returns_or_raises_where_it_is_waited_for() -> None:
    assert Later(lambda: 7).result() == 7
    failed = Later(failing)
    failed.wait()
    with pytest.raises(ValueError, match="no"):
        failed.result()


def test_a_resident_makes_all_calls_in_one_thread_and_survives_what_fails() -> None:
    resident = Resident()
    first = resident.call(threading.get_ident)
    with pytest.raises(ValueError, match="no"):
        resident.call(failing)
    assert resident.call(threading.get_ident) == first != threading.get_ident()


def test_what_is_over_first_comes_first_and_each_comes_once() -> None:
    quick = threading.Event()

    def first() -> bool:
        return quick.wait(10)

    def second() -> bool:
        quick.set()
        return True

    with together([first, second, failing], 3) as running:
        found = [(number, done.error is None) for number, done in running]
    assert sorted(found) == [(0, True), (1, True), (2, False)]


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_no_more_calls_are_made_at_once_than_that(at_once: int) -> None:
    under_way: list[int] = []
    most: list[int] = []

    def call() -> None:
        under_way.append(1)
        most.append(len(under_way))
        time.sleep(0.01)
        under_way.pop()

    with together([call] * 12, at_once) as running:
        assert len([*running]) == 12
    assert max(most) <= at_once


def test_who_stops_early_waits_for_what_runs_and_begins_nothing_more() -> None:
    stopped = threading.Event()
    begun: list[int] = []

    def call(number: int) -> int:
        begun.append(number)
        assert number == 0 or stopped.wait(10)
        return number

    calls = [lambda number=number: call(number) for number in range(5)]
    with pytest.raises(KeyError), together(calls, 2) as running:
        try:
            assert next(running)[0] == 0
            raise KeyError
        except KeyError:
            stopped.set()
            raise
    assert len(begun) <= 4
