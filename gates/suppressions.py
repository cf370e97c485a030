"""Inline allowances of every tool, read from comments: which tool, which rules, and the reason that was given."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from msgspec import Struct


class Suppression(Struct, frozen=True, array_like=True):
    """One directive in a comment that makes a tool look away.

    `codes` are the rules it names, `coded` whether this kind of directive can name rules at all. Lines and columns are
    1-based and count code points.
    """

    tool: str
    directive: str
    codes: tuple[str, ...]
    coded: bool
    reason: str
    line: int
    column: int
    end_column: int


class _Form(NamedTuple):
    tool: str
    pattern: re.Pattern[str]
    coded: bool = True


def _form(tool: str, pattern: str, *, coded: bool = True) -> _Form:
    return _Form(tool, re.compile(pattern, re.IGNORECASE), coded)


_CODES = r"(?P<codes>[A-Z][A-Z0-9]*[0-9](?:[\s,]+[A-Z][A-Z0-9]*[0-9](?![a-z]))*)"
_NAMES = r"\[(?P<codes>[^\]]*)\]"
_FORMS = (
    _form("complexipy", r"(?P<directive>noqa:\s*complexipy|complexipy:\s*ignore)\b", coded=False),
    _form("ruff", rf"(?P<directive>(?:(?:ruff|flake8)\s*:\s*)?noqa)\b(?:\s*:\s*{_CODES})?"),
    _form("ruff", rf"(?P<directive>ruff\s*:\s*(?:file-)?(?:ignore|disable))\b(?:\s*{_NAMES})?"),
    _form("mypy", rf"(?P<directive>type:\s*ignore)\b(?:\s*{_NAMES})?"),
    _form("pyright", rf"(?P<directive>pyright:\s*ignore)\b(?:\s*{_NAMES})?"),
    _form("pylint", r"(?P<directive>pylint:\s*disable(?:-next)?)\s*=\s*(?P<codes>[\w\-, ]+?)(?=\s*$|\s*#|\s-)"),
    _form("pylint", r"(?P<directive>pylint:\s*skip-file)\b"),
    _form("bandit", rf"(?P<directive>nosec)\b(?:\s*:?\s*{_CODES})?"),
    _form("coverage", r"(?P<directive>pragma:\s*no\s*(?:cover|branch))\b", coded=False),
    _form("jscpd", r"(?P<directive>jscpd:ignore[-]start)\b", coded=False),
)
_STARTS = rb"noqa|nosec|type:\s*ignore|(?:ruff|flake8|mypy|pyright|pylint|pragma|complexipy|jscpd)\s*:"
_HINT = re.compile(rb"#(?:\s|[\x80-\xff])*(?:" + _STARTS + rb")", re.IGNORECASE)
_CLONES = re.compile(rb"jscpd:ignore[-]start")
"""jscpd looks for its directive in the bare text; it works in a string and inside other comments too."""

_OPTIONS = re.compile(r"\s*mypy:(?P<options>.*)", re.IGNORECASE)
_OPTION = re.compile(r"\s*(?P<name>[\w-]+)\s*(?:=\s*(?P<value>\"[^\"]*\"|[^,]*))?(?:,|$)")
_NO = frozenset({"0", "no", "off", "false"})
_TIGHTEN = ("disallow", "check", "strict", "warn", "extra", "local", "enable")
_LOOSEN = ("allow", "ignore", "implicit")
_WORD = re.compile(r"[^\W\d_]{2,}")


def read(source: str, encoded: bytes) -> tuple[Suppression, ...]:
    """Return every suppression in a module, in the order of the file.

    Comments are found by the tokenizer, so a directive inside a string is none. A file in which a cheap search finds
    no directive at all is not tokenized.

    Raises:
        SyntaxError, tokenize.TokenError: the source cannot be tokenized.
    """
    if not _HINT.search(encoded) and not _CLONES.search(encoded):
        return ()
    found: list[Suppression] = []
    above, at = "", 0
    for token in tokenize.generate_tokens(io.StringIO(source, newline=None).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            said = parse_comment(token.string, line, column + 1)
            found.extend(_with_reason_above(each, above if at == line - 1 else "") for each in said)
            above, at = ("" if said else _spoken(token.string.lstrip("#"))), line
    return (*found, *_hidden(encoded, {each.line for each in found if each.tool == "jscpd"}))


def _hidden(encoded: bytes, known: set[int]) -> Iterator[Suppression]:
    """Yield the directives of jscpd that stand where a reader would not take them for one."""
    for match in _CLONES.finditer(encoded):
        line = encoded.count(b"\n", 0, match.start()) + 1
        if line not in known:
            yield Suppression("jscpd", "jscpd:ignore" + "-start", (), False, "", line, 1, 1)


def _with_reason_above(suppression: Suppression, above: str) -> Suppression:
    """A comment of mypy has no room for a reason, which therefore may stand in the comment on the line above."""
    if suppression.reason or not suppression.directive.startswith("mypy:") or not _WORD.search(above):
        return suppression
    return msgspec.structs.replace(suppression, reason=above)


def parse_comment(comment: str, line: int, column: int) -> tuple[Suppression, ...]:
    """Return the directives of one comment, `#` included. A reason is what else the comment says in words."""
    if options := _OPTIONS.fullmatch(comment.lstrip("#")):
        return tuple(_of_mypy(options["options"].partition("#")[0], line, column, column + len(comment)))
    matched: list[tuple[_Form, re.Match[str]]] = []
    words: list[str] = []
    for segment in re.finditer(r"#+([^#]*)", comment):
        hit = _directive(segment.group(1).strip())
        if hit is None:
            words.append(segment.group(1))
        else:
            matched.append(hit)
            words.append(hit[1].string[hit[1].end() :])
    reason = " ".join(_spoken(each) for each in words if _WORD.search(each)).strip()
    return tuple(
        Suppression(
            tool=form.tool,
            directive=_name(match),
            codes=_codes(match),
            coded=form.coded,
            reason=reason,
            line=line,
            column=column,
            end_column=column + len(comment),
        )
        for form, match in matched
    )


def _of_mypy(options: str, line: int, column: int, end_column: int) -> Iterator[Suppression]:
    """Yield the options of a `mypy:` comment that loosen; what is not known to tighten counts as loosening."""
    for match in _OPTION.finditer(options):
        name = match["name"].replace("_", "-").lower()
        value = (match["value"] or "").strip().strip('"')
        if not _tightens(name, value.lower() in _NO):
            codes = _split(value) if name == "disable-error-code" else ()
            yield Suppression("mypy", f"mypy: {name}", codes, True, "", line, column, end_column)


def _tightens(name: str, off: bool) -> bool:
    negated = name.startswith("no-")
    bare = name.removeprefix("no-")
    if bare.startswith(_TIGHTEN):
        return not off and not negated
    return bare.startswith(_LOOSEN) and off != negated


def _split(listed: str) -> tuple[str, ...]:
    return tuple(code for code in re.split(r"[\s,]+", listed.strip()) if code)


def _directive(text: str) -> tuple[_Form, re.Match[str]] | None:
    for form in _FORMS:
        if match := form.pattern.match(text):
            return form, match
    return None


def _name(match: re.Match[str]) -> str:
    return re.sub(r"\s+", " ", match["directive"]).lower()


def _codes(match: re.Match[str]) -> tuple[str, ...]:
    return _split(match.groupdict().get("codes") or "")


def _spoken(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" \t-\u2013\u2014:;,.()")
