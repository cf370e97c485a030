"""The clones of a project, of which jscpd looks only for those that nobody has found yet.

Files that have enough successive tokens in common for a clone are neighbours, and files that are connected in this way
a component: what jscpd finds in one depends on no other. So its answers are kept by component, and after an edit it
looks at the component of the edited file alone. Which tokens there are is a model of jscpd: an answer is kept when the
model tells how many files, lines and tokens jscpd counted.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from gates.cache import unpacked
from gates.project import Project
from gates.tools.jscpd import JSCPD, Clone, Duplication, check_names, clones, content
from gates.tools.jscpd.tokens import Sketch

_TASK = "gates.tools.jscpd.tokens"

_Component = tuple[str, ...]
_Sketches = Mapping[str, Sketch]


def known_clones(project: Project, paths: Sequence[str], *, min_tokens: int, min_lines: int) -> Duplication:
    """Find what `clones` finds, but for the number of tokens, which is about right where it is in doubt.

    Raises:
        ToolError: as there, or a file kills whoever sketches it.
        Stopped: the check was interrupted.
    """
    check_names(project, paths)
    search = _Search(project, min_tokens, min_lines)
    sketches = search.known(paths)
    new = [path for path in paths if path not in sketches]
    found = None if _is_most(new, paths) else search.added({**sketches, **search.sketched(new)})
    return found or search.everything(paths)


def _is_most(some: Collection[str], paths: Collection[str]) -> bool:
    return 2 * len(some) > len(paths)


class _Search(Struct, frozen=True):
    """Clones of a project from so many tokens and lines."""

    project: Project
    min_tokens: int
    min_lines: int

    def everything(self, paths: Sequence[str]) -> Duplication:
        """Let jscpd look at all files, and keep what it finds."""
        found = self._run(paths)
        self._keep(found, self.sketched(paths))
        return found

    def added(self, sketches: _Sketches) -> Duplication | None:
        """Let jscpd look at files of which it is not known what it finds, and add what is; None when these are most, or
        when it does not find what the sketches let expect, or these do not tell which files it compares."""
        kept = self._kept(sketches)
        missing = sorted(path for component, known in kept.items() if known is None for path in component)
        if _is_most(missing, sketches) or self._is_any_in_doubt(sketches):
            return None
        found = self._run(missing)
        if not self._keep(found, {path: sketches[path] for path in missing}):
            return None
        known = itertools.chain.from_iterable(each or () for each in kept.values())
        return self.summed((*known, *found.clones), sketches)

    def _run(self, paths: Sequence[str]) -> Duplication:
        return clones(self.project, paths, min_tokens=self.min_tokens, min_lines=self.min_lines)

    def known(self, paths: Iterable[str]) -> dict[str, Sketch]:
        """Return those sketches of files that were made before."""
        return self.project.kept(Sketch, _TASK, self._beside(paths), lambda missing: {})

    def sketched(self, paths: Iterable[str]) -> dict[str, Sketch]:
        """Return the sketches of files."""
        return self.project.worked(
            Sketch,
            _TASK,
            self._beside(paths),
            lambda path: msgspec.msgpack.encode((content(self.project, path), self.min_tokens)),
        )

    def _beside(self, paths: Iterable[str]) -> dict[str, str]:
        return dict.fromkeys(paths, str(self.min_tokens))

    def _kept(self, sketches: _Sketches) -> dict[_Component, tuple[Clone, ...] | None]:
        """Return the clones in each component of these files, None where they are not known."""
        keys = self.keys(sketches)
        blobs = self.project.store.get(keys.values())
        return {component: unpacked(blobs.get(key), tuple[Clone, ...]) for component, key in keys.items()}

    def _keep(self, found: Duplication, sketches: _Sketches) -> bool:
        """Keep what was found in files, of which no component is only a part; return whether it is what the sketches
        let expect. Where a file is given as a copy, jscpd looks at it at another time than at the file itself."""
        keys = self.keys(sketches)
        answers = _by_component(found.clones, keys)
        if answers is None or not self.agrees(found, sketches):
            return False
        lasting = {path for path in sketches if self._lasts(path)}
        kept = {key: answers[component] for component, key in keys.items() if lasting.issuperset(component)}
        self.project.store.put({key: msgspec.msgpack.encode(each) for key, each in kept.items()})
        return True

    def _lasts(self, path: str) -> bool:
        """Whether what is found in a file can be kept: it is as it was read, no copy of it was looked at, and its name
        can be written down."""
        is_named = path == path.encode("utf-8", "replace").decode("utf-8")
        return is_named and not self.project.snapshots[path].bare_returns and self.project.stands(path)

    def agrees(self, found: Duplication, sketches: _Sketches) -> bool:
        """Whether jscpd says what the sketches let expect."""
        expected = self.summed(found.clones, sketches)
        doubt = sum(each.doubt for each in sketches.values() if self._compares(each))
        if self._is_any_in_doubt(sketches) or abs(found.tokens - expected.tokens) > doubt:
            return False
        return msgspec.structs.replace(found, tokens=expected.tokens) == expected

    def summed(self, found: Iterable[Clone], sketches: _Sketches) -> Duplication:
        """Return what jscpd says when it finds these clones."""
        among = tuple(sorted(found))
        compared = [each for each in sketches.values() if self._compares(each)]
        lines = sum(each.lines for each in compared)
        copied = sum(each.lines for each in among)
        return Duplication(
            clones=among,
            percent=copied / lines * 100 if lines else 0.0,
            duplicated_lines=copied,
            sources=len(compared),
            lines=lines,
            tokens=sum(each.tokens for each in compared),
        )

    def _compares(self, sketch: Sketch) -> bool:
        return sketch.tokens >= self.min_tokens and sketch.rows >= self.min_lines - 1

    def _is_any_in_doubt(self, sketches: _Sketches) -> bool:
        """Whether a file has about as many tokens as it needs."""
        return any(-each.doubt <= each.tokens - self.min_tokens < each.doubt for each in sketches.values())

    def keys(self, sketches: _Sketches) -> dict[_Component, str]:
        """Return the components, and the keys under which their clones are kept. That a file is too short for any is
        believed like all else: once jscpd has said so."""
        marks = {path: each.marks for path, each in sketches.items()}
        beside = f"{self.project.version(JSCPD)} {self.min_tokens} {self.min_lines}"
        return {each: self.project.kept_as(JSCPD.name, each, beside) for each in _components(marks)}


def _by_component(found: Iterable[Clone], components: Iterable[_Component]) -> dict[_Component, list[Clone]] | None:
    """Share clones out; None when the sides of one are in different components."""
    answers: dict[_Component, list[Clone]] = {component: [] for component in components}
    within = {path: component for component in answers for path in component}
    for each in found:
        component = within.get(each.first.path, ())
        if each.second.path not in component:
            return None
        answers[component].append(each)
    return answers


def _components(marks: Mapping[str, bytes]) -> Iterator[_Component]:
    """Yield the files that are connected by marks which they have in common, each time sorted."""
    above: dict[str, str] = {}
    first: dict[int, str] = {}

    def top(path: str) -> str:
        while path in above:
            higher = above[path]
            if higher in above:
                above[path] = above[higher]
            path = higher
        return path

    for path, own in marks.items():
        for mark in memoryview(own).cast("Q"):
            other = first.setdefault(mark, path)
            if (mine := top(path)) != (highest := top(other)):
                above[mine] = highest
    found: dict[str, list[str]] = {}
    for path in sorted(marks):
        found.setdefault(top(path), []).append(path)
    yield from map(tuple, found.values())
