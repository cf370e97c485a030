"""What stands at places is looked for ahead of time, and whoever asks for it later gets what he would have got."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from gates import anchoring, anchors
from gates.anchoring import Ahead, anchored
from gates.anchors import Place
from gates.cache import Store
from gates.process import Spawner, Stopped
from gates.project import Project
from gates.snapshots import collect
from gates.working import Answer, Crew
from tests import change

TEXT = "import os\n\n\ndef first(a):\n    return os.path.join(a, 'b')\n\n\nsecond = first(third)\n"
FIRST, SECOND, WHOLE = Place(5, 12, 0, False), Place(8, 10, 0, False), Place(1, 1, 0, True)


class Counted(Crew):
    """A crew that notes how many files it is asked to look at."""

    def __init__(self) -> None:
        super().__init__(Spawner(), 2, 60.0)
        self.asked: list[int] = []

    def answers(
        self, task: str, payloads: Mapping[str, bytes], at_once: int | None = None
    ) -> Iterator[dict[str, Answer]]:
        self.asked.append(len(payloads))
        return super().answers(task, payloads, at_once)


class Laid:
    """A project with two files, whose answers are kept."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.crew = Counted()
        for name in ("a.py", "b.py"):
            (root / name).write_text(TEXT.replace("first", name[0]))

    def project(self) -> Project:
        store = Store(self.root / "facts.sqlite")
        snapshots = collect(self.root, ["a.py", "b.py"], store, ["1"], Crew(Spawner(), 1, 60.0))
        made = change.project({})
        return msgspec.structs.replace(made, root=self.root, snapshots=snapshots, store=store, crew=self.crew)

    def foreseen(self, path: str, places: Sequence[Place]) -> None:
        with Ahead(self.project()) as ahead:
            ahead.add(path, places)
            ahead.end()


@pytest.fixture
def laid(tmp_path: Path) -> Laid:
    return Laid(tmp_path)


def expected(path: str, places: Sequence[Place]) -> dict[Place, anchors.Anchor]:
    return dict(zip(places, anchors.anchors(TEXT.replace("first", path[0]), places), strict=True))


@pytest.mark.parametrize("asked", [(FIRST,), (SECOND, FIRST), (FIRST, SECOND, WHOLE)])
def test_all_of_what_was_foreseen_or_a_part_of_it_is_not_looked_at_again(laid: Laid, asked: Sequence[Place]) -> None:
    laid.foreseen("a.py", [WHOLE, SECOND, FIRST, SECOND])
    assert laid.crew.asked == [1]
    assert anchored(laid.project(), {"a.py": asked}) == {"a.py": expected("a.py", sorted(asked))}
    assert laid.crew.asked == [1]


def test_what_was_not_foreseen_is_looked_at(laid: Laid) -> None:
    laid.foreseen("a.py", [FIRST])
    asked = {"a.py": [FIRST, SECOND], "b.py": [FIRST]}
    assert anchored(laid.project(), asked) == {path: expected(path, each) for path, each in asked.items()}
    assert laid.crew.asked == [1, 2]


def test_another_content_was_not_foreseen(laid: Laid) -> None:
    laid.foreseen("a.py", [FIRST])
    (laid.root / "a.py").write_text(TEXT.replace("first", "b"))
    assert anchored(laid.project(), {"a.py": [FIRST]}) == {"a.py": expected("b.py", [FIRST])}


def test_what_changed_since_its_facts_were_taken_is_not_kept_under_the_old_content(laid: Laid) -> None:
    project, file = laid.project(), laid.root / "a.py"
    before = file.read_text()
    file.write_text("other = 1\n" * 9)
    with Ahead(project) as ahead:
        ahead.add("a.py", [FIRST])
    assert anchored(project, {"a.py": [FIRST]}) != {"a.py": expected("a.py", [FIRST])}
    file.write_text(before)
    assert anchored(laid.project(), {"a.py": [FIRST]}) == {"a.py": expected("a.py", [FIRST])}


def test_what_has_no_facts_is_looked_at_each_time(laid: Laid) -> None:
    for text in ("first = 1\n", "second = 2\n"):
        (laid.root / "setup.cfg").write_text(text)
        found = anchored(laid.project(), {"setup.cfg": [Place(1, 1, 1, False)]})
        assert found["setup.cfg"][Place(1, 1, 1, False)].code == text.strip()


def test_after_an_error_nothing_more_is_looked_at(laid: Laid) -> None:
    with pytest.raises(KeyError), Ahead(laid.project()) as ahead:
        ahead.add("a.py", [FIRST])
        raise KeyError
    assert laid.crew.asked == []


def test_enough_is_looked_at_before_the_end(laid: Laid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchoring, "_ENOUGH_BYTES", 1)
    with Ahead(laid.project()) as ahead:
        ahead.add("a.py", [FIRST])
        ahead.add("elsewhere.py", [FIRST])
        until = time.monotonic() + 20
        while not laid.crew.asked and time.monotonic() < until:
            time.sleep(0.01)
    assert laid.crew.asked == [1]


def test_who_is_stopped_waits_for_nothing(laid: Laid, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise Stopped("the check was interrupted")

    monkeypatch.setattr(laid.crew, "answers", stopped)
    laid.foreseen("a.py", [FIRST])
    assert anchoring._foreseen(laid.project(), {"a.py": [FIRST]}) == {}
