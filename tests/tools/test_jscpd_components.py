"""jscpd looks only at what nobody has compared yet, and the answer is that of comparing everything."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from zlib import crc32

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gates.cache import Store, digest
from gates.facts import FileFacts
from gates.process import Spawner, ToolError
from gates.project import Project
from gates.snapshots import Snapshot, stamp
from gates.tools import jscpd
from gates.tools.jscpd import Duplication, components, tokens
from gates.working import Crew
from tests import change
from tests.project import Project as Checkout
from tests.project import outcome

LEAST, LINES = 20, 4
LETTERS = "ab1_. =,()\"'\\#\n\n\t\r\f\v\x1cé\u00a0\u2028\ufeff中²½ⅷ٣कि\u0941\u0301\u200dⓐ"
IGNORE = "jscpd:ignore-"
SAMPLES = (
    "x = 'a\\'b' + \"c\\\\\" # it's\n",
    "x = 'not closed\\\ny = 1.5e3 + 0x1F\n",
    '"""A doc string\nin three quotes: don\'t\n"""\n',
    "a\r\nb\r\r\nc\rd # e\r\n",
    f"x = 1\n# {IGNORE}start\ny = 2\n# {IGNORE}end\nz = 3\n",
    f"x = 1 # {IGNORE}start and {IGNORE}end\ny = 2\n",
    f"# {IGNORE}end\nx = 1\n",
    "x\n\n\n   \n",
    "é1.5 ²1.5 1.5é a1.5\n",
)


class Laid:
    """A folder of files, whose answers are kept; notes which files jscpd is given."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "root"
        for each in ("root", "scratch", "before"):
            (folder / each).mkdir(parents=True)
        self.store = Store(folder / "facts.sqlite")
        self.looked_at: list[tuple[str, ...]] = []

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_bytes(text.encode("utf-8", "surrogateescape"))

    def project(self, scratch: str = "scratch") -> Project:
        paths = tuple(sorted(each.name for each in self.root.iterdir()))
        return msgspec.structs.replace(
            change.project({}),
            root=self.root,
            whole=paths,
            snapshots={path: self.snapshot(path) for path in paths},
            store=self.store,
            crew=Crew(Spawner(), 1, 60.0),
            scratch=self.folder / scratch,
        )

    def snapshot(self, path: str) -> Snapshot:
        place = self.root / path
        content = place.read_bytes()
        bare_returns = b"\r" in content.replace(b"\r\n", b"\n")
        return Snapshot(digest(content), FileFacts(lines=0), stamp(str(place)), bare_returns=bare_returns)

    def everything(self, project: Project | None = None, least: int = LEAST, lines: int = LINES) -> Duplication:
        project = project or self.project()
        return jscpd.clones(project, project.whole, min_tokens=least, min_lines=lines)

    def known(self, project: Project | None = None) -> Duplication:
        project = project or self.project()
        return components.known_clones(project, project.whole, min_tokens=LEAST, min_lines=LINES)


@pytest.fixture
def laid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laid:
    made = Laid(tmp_path)

    def noted(project: Project, paths: Sequence[str], *, min_tokens: int, min_lines: int) -> Duplication:
        made.looked_at.append(tuple(paths))
        return jscpd.clones(project, paths, min_tokens=min_tokens, min_lines=min_lines)

    monkeypatch.setattr(components, "clones", noted)
    return made


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    return (tmp_path / str(number) for number in itertools.count())


def function(name: str, lines: int = 8) -> str:
    return f"def {name}(n):\n" + "".join(f"    {name}_{i} = {name}  # {i}\n" for i in range(lines))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(LETTERS, min_size=1, max_size=60), min_size=1, max_size=12), lines=st.integers(1, 4))
@example(texts=SAMPLES, lines=1)
def test_tokens_are_those_of_jscpd(texts: Sequence[str], lines: int, folders: Iterator[Path]) -> None:
    """What jscpd tells of its tokens is what we tell of them: in how many files, on how many lines, how many."""
    here = Laid(next(folders))
    for number, text in enumerate(texts):
        here.write(f"f{number:02}.py", text)
    found = here.everything(least=1, lines=lines)
    search = components._Search(here.project(), 1, lines)
    sketches = search.sketched(here.project().whole)
    doubt = sum(each.doubt for each in sketches.values())
    expected = search.summed(found.clones, sketches)
    assert abs(found.tokens - expected.tokens) <= doubt
    if all(text.isascii() for text in texts):
        assert found.tokens == expected.tokens
    if not search._is_any_in_doubt(sketches):
        assert msgspec.structs.replace(found, tokens=expected.tokens) == expected


@given(
    one=st.lists(st.sampled_from("abc"), max_size=30),
    other=st.lists(st.sampled_from("abc"), max_size=30),
    common=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=12),
)
def test_whoever_has_enough_tokens_in_common_has_a_mark_in_common(
    one: list[str], other: list[str], common: list[str]
) -> None:
    least = len(common)
    left, right = " ".join([*one, *common, *other]), "\n".join([*other, *other, *common, *one])
    assert marks(left, least) & marks(right, least)


def test_a_number_behind_a_letter_is_taken_apart_as_by_jscpd() -> None:
    """`é1.5` is a name, a point and a number; what follows the name may stand elsewhere."""
    assert marks("é1.5 a b c", 5) & marks("x1 .5 a b c", 5)


def test_a_sign_that_may_be_a_letter_is_a_doubt() -> None:
    assert [tokens.sketch(text, 5).doubt for text in ("a\u0941b", "a²b", "'\u0941' # ²", "é中")] == [2, 2, 0, 0]


def mark(number: int) -> bytes:
    return number.to_bytes(8, "big")


def marks(text: str, least: int) -> set[bytes]:
    found = tokens.sketch(text, least).marks
    return {found[start : start + 8] for start in range(0, len(found), 8)}


@given(st.text(LETTERS.replace("\r", ""), max_size=60))
def test_line_ends_make_no_difference(text: str) -> None:
    assert tokens.sketch(text, 1) == tokens.sketch(text.replace("\n", "\r\n"), 1)


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.sets(st.integers(0, 12), max_size=3)))
def test_components_are_what_is_connected(marks: dict[str, set[int]]) -> None:
    found = list(components._components({path: b"".join(map(mark, own)) for path, own in marks.items()}))
    assert sorted(path for each in found for path in each) == sorted(marks)
    for path, own in marks.items():
        reached, held = {path}, set(own)
        while more := {each for each, others in marks.items() if each not in reached and held & others}:
            reached |= more
            held = held.union(*(marks[each] for each in more))
        assert tuple(sorted(reached)) in found


def test_an_edit_lets_jscpd_look_at_what_has_code_in_common_with_it(laid: Laid) -> None:
    for name in "abcdef":
        laid.write(f"{name}.py", function(name))
    laid.write("ab.py", function("a") + function("b"))
    everything = tuple(sorted(each.name for each in laid.root.iterdir()))
    assert laid.known() == laid.everything()
    assert laid.known() == laid.everything()
    laid.write("c.py", function("c") + function("d"))
    assert len(laid.known().clones) == 3
    laid.write("a.py", "# gone\n")
    assert len(laid.known().clones) == 2
    laid.write("c.py", function("c"))
    assert laid.known() == laid.everything()
    assert laid.looked_at == [everything, (), ("c.py", "d.py"), ("a.py", "ab.py", "b.py"), ()]


ROWS = (
    "a = b\n",
    "x = [1, 2.5]\n",
    "'''\n",
    "don't\n",
    "# note\n",
    "²a की é1.5\n",
    "0, 0, 0,\n",
    "a\rb\n",
    "f(x)\r\n",
    "\\\n",
)
STEPS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.lists(st.sampled_from(ROWS), max_size=12)), min_size=9)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, least=st.integers(1, 12), lines=st.integers(1, 4))
def test_any_edits(steps: list[tuple[str, list[str]]], least: int, lines: int, folders: Iterator[Path]) -> None:
    here = Laid(next(folders))
    for number, (name, rows) in enumerate(steps):
        here.write(f"{name}.py", "".join(rows))
        if number > 4:
            project = here.project()
            known = components.known_clones(project, project.whole, min_tokens=least, min_lines=lines)
            everything = here.everything(project, least=least, lines=lines)
            assert msgspec.structs.replace(known, tokens=everything.tokens) == everything


EDITS: tuple[tuple[str, Callable[[Laid], object]], ...] = (
    ("the first of three copies goes", lambda laid: (laid.root / "a1.py").unlink()),
    ("a copy comes before all others", lambda laid: laid.write("a0.py", function("a"))),
    ("a copy gets other line ends", lambda laid: laid.write("a2.py", function("a").replace("\n", "\r\n"))),
    ("a copy gets other lines", lambda laid: laid.write("a2.py", function("a").replace(" = ", " = \\\n"))),
    ("a copy ends its lines with a return", lambda laid: laid.write("a2.py", function("a").replace("\n", "\r"))),
    ("a comment splits a copy", lambda laid: laid.write("a2.py", function("a").replace("# 4", "# four"))),
    ("a copy is no longer looked at", lambda laid: laid.write("a2.py", f"# {IGNORE}start\n" + function("a"))),
    ("a file repeats itself", lambda laid: laid.write("b.py", function("b") + function("b"))),
    ("a file is no longer UTF-8", lambda laid: laid.write("a2.py", function("a") + "x = '\udce9'\n")),
    ("a file becomes too short", lambda laid: laid.write("a2.py", "x = 1\n")),
    ("a name that Python takes apart in another way", lambda laid: laid.write("a2.py", function("a") + "क्षि = 1\n")),
    ("a bridge between others", lambda laid: laid.write("c.py", function("c") + function("a") + function("b"))),
)  # fmt: skip


@pytest.mark.parametrize("edit", [each for _, each in EDITS], ids=[name for name, _ in EDITS])
def test_the_answer_is_that_of_comparing_everything(laid: Laid, edit: Callable[[Laid], object]) -> None:
    for name in ("a1", "a2", "a3"):
        laid.write(f"{name}.py", f"{name} = 1\n" + function("a"))
    for name in "bcdefgh":
        laid.write(f"{name}.py", function(name))
    for name in ("z1", "z2"):
        laid.write(f"{name}.py", function("z"))
    laid.known()
    edit(laid)
    for _ in range(2):
        known, everything = laid.known(), laid.everything()
        assert msgspec.structs.replace(known, tokens=everything.tokens) == everything
        assert abs(known.tokens - everything.tokens) <= 4
    assert len(laid.looked_at[-1]) < 8


def test_what_the_model_does_not_tell_is_not_kept(laid: Laid, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a token counted in another way, jscpd would look at everything each time."""
    for name in "abc":
        laid.write(f"{name}.py", function(name))
    monkeypatch.setattr(tokens, "_PART", re.compile(r"\w+|[^\w\s]|(?<=\d) "))
    for _ in range(3):
        assert laid.known() == laid.everything()
    assert {len(each) for each in laid.looked_at} == {3}


def test_a_file_with_about_enough_tokens_is_not_guessed_about(laid: Laid) -> None:
    """Whether jscpd compares it depends on what it takes for a letter."""
    for name in "abcd":
        laid.write(f"{name}.py", function(name))
    laid.known()
    laid.write("e.py", "क्षि ² " * 6)
    for _ in range(2):
        assert laid.known() == laid.everything()
    assert [len(each) for each in laid.looked_at] == [4, 5, 5]


def test_a_clone_in_a_file_whose_name_is_not_utf_8(laid: Laid) -> None:
    for name in ("a", "b", "c", "d", "x\udcfe"):
        laid.write(f"{name}.py", function("a" if name[0] == "x" else name))
    for _ in range(2):
        assert laid.known() == laid.everything()
    assert laid.known().clones
    assert [len(each) for each in laid.looked_at] == [5, 2, 2]


def test_names_that_cannot_be_told_apart_are_an_error_whatever_is_known(laid: Laid) -> None:
    for name in ("a", "b", "c", "x\udcfe"):
        laid.write(f"{name}.py", function(name[:1]))
    laid.known()
    laid.write("x\udcff.py", function("y"))
    for find in (laid.known, laid.everything):
        with pytest.raises(ToolError, match="neither name is UTF-8"):
            find()


def test_where_copies_are_put_does_not_matter(laid: Laid) -> None:
    """A file whose lines end with a return alone is given as a copy, which jscpd may look at first or last."""
    for name in ("a", "b", "c", "d"):
        laid.write(f"{name}.py", function(name))
    laid.write("b.py", function("a").replace("\n", "\r"))
    one, other = laid.everything(laid.project("scratch")), laid.everything(laid.project("before"))
    assert one != other
    assert laid.known(laid.project("scratch")) == one
    assert laid.known(laid.project("before")) == other


def test_what_changes_meanwhile_is_not_kept(laid: Laid) -> None:
    for name in ("a", "b", "c", "d"):
        laid.write(f"{name}.py", function("a" if name == "b" else name))
    before = laid.project()
    laid.write("b.py", function("b"))
    assert laid.known(before).clones == ()
    laid.write("b.py", function("a"))
    assert laid.known() == laid.everything()
    assert laid.known().clones


def test_a_clone_that_must_not_be_is_not_kept(laid: Laid, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were there marks missing, jscpd would look at everything where that shows."""
    for name in "abcdef":
        laid.write(f"{name}.py", function("a" if name in "af" else name))
    monkeypatch.setattr(tokens, "_marks", lambda found, least: {mark(crc32(" ".join(found).encode()))})
    assert laid.known() == laid.everything()
    laid.write("f.py", "\n" + function("a") + "f = 1\n")
    laid.write("a.py", function("a") + "a = 1\n")
    assert laid.known() == laid.everything()
    assert [len(each) for each in laid.looked_at] == [6, 2, 6]


def test_a_damaged_answer_is_looked_for_again(laid: Laid) -> None:
    for name in ("a", "b", "c", "d", "e"):
        laid.write(f"{name}.py", function(name[:1]) + function("x" if name in "ab" else name * 2))
    expected = laid.known()
    search = components._Search(laid.project(), LEAST, LINES)
    keys = search.keys(search.known(laid.project().whole))
    for blob in (b"", b"\xc1", msgspec.msgpack.encode([1])):
        laid.store.put({keys["a.py", "b.py"]: blob})
        assert laid.known() == expected
    assert laid.looked_at[1:] == [("a.py", "b.py")] * 3


def test_a_check_after_an_edit_reports_what_a_first_check_reports(tmp_path: Path) -> None:
    """The command, as users run it: with what is kept, and with an empty cache."""
    (tmp_path / "one").mkdir()
    project = Checkout(tmp_path / "one")
    for name in ("a", "b", "c", "d"):
        project.write(f"{name}.py", function(name, 12) + function("shared" if name in "ab" else f"{name}_own", 12))
    project.commit()
    for number, (name, text) in enumerate(
        [("c.py", function("shared", 12)), ("a.py", "x = 1\n"), ("e.py", function("d", 12))]
    ):
        outcome(project.report("duplication"), "duplication")
        project.write(name, text)
        fresh = tmp_path / f"cache{number}"
        warm = outcome(project.report("duplication"), "duplication")
        cold = outcome(project.report("duplication", env={"GATES_CACHE": str(fresh)}), "duplication")
        assert {**warm, "seconds": 0} == {**cold, "seconds": 0}
        assert warm["findings"]
