"""Calls in other threads: what comes of them, in which order, and who waits for whom."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from gates.process import Spawner
from gates.threads import Later, Resident, Turn, together


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


def test_one_has_the_turn_and_lends_it_while_it_waits() -> None:
    turn, said = Turn(), []
    lent, over = threading.Event(), threading.Event()

    def first() -> None:
        with turn.taken():
            said.append("first")
            with turn.lent():
                lent.set()
                over.wait(10)
            said.append("first again")

    def second() -> None:
        lent.wait(10)
        with turn.taken():
            said.append("second")
            over.set()
            time.sleep(0.05)  # the first one, who could go on, has to wait
            said.append("second still")

    with together([first, second], 2) as running:
        assert [done.error for _, done in running] == [None, None]
    assert said == ["first", "second", "second still", "first again"]


def test_who_does_not_have_the_turn_lends_none_and_what_is_raised_gives_it_back() -> None:
    turn = Turn()
    with turn.lent(), turn.taken(), turn.lent(), turn.taken():
        pass
    with pytest.raises(ValueError, match="no"), turn.taken(), turn.lent():
        failing()
    with turn.taken():
        pass


def test_while_one_waits_for_a_program_another_computes(tmp_path: Path) -> None:
    spawner, began = Spawner(), threading.Event()
    waiting = "import sys, pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.01)"

    def program() -> int:
        with spawner.turn.taken():
            began.set()
            return spawner.run([sys.executable, "-c", waiting], cwd=tmp_path, timeout=30).code

    def computing() -> int:
        began.wait(10)
        with spawner.turn.taken():
            (tmp_path / "go").touch()
            return 1

    with together([program, computing], 2) as running:
        assert sorted((number, done.get()) for number, done in running) == [(0, 0), (1, 1)]
