"""What commands a line of shell would run: words, quotes, redirections and here-documents, each command by itself.

Compound commands are taken apart: the words that hold them together say nothing about what is run. What a substitution
runs is listed before the command that it is part of.
"""

from __future__ import annotations

import re

from msgspec import Struct

UNKNOWN = "\0"
"""Stands in an expanded word for what only a running shell knows."""

_DEEPEST = 40
_BLANK = re.compile(r"(?:[ \t\r]|\\\n|#[^\n]*)*")
_PLAIN = re.compile(r"[^ \t\r\n;&|()<>'\"`$\\]+")
_REDIRECT = re.compile(r"(?:\d+|\{\w+\})?(<<<|<<-|<<|<>|<&|<(?!\()|&>>|&>|>>|>\||>&|>(?!\())")
_OPERATOR = re.compile(r";;&|;;|;&|&&|\|\||\|&|[;&|()]")
_NAME = re.compile(r"\w+|[?$!#@*-]")
_PARAMETER = re.compile(r"[!#]?(\w*)(\[[@*]\])?(?::?[-=](.*))?", re.DOTALL)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|u[0-9a-fA-F]{1,4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v"}
_RESERVED = frozenset(
    {"{", "}", "!", "if", "then", "else", "elif", "fi", "while", "until", "do", "done", "esac", "coproc", "function"}
)


class UnclearError(Exception):
    """A line that is no shell, or more than is read here."""


class Part(Struct, frozen=True):
    """A piece of a word: text that is `bare` or `quoted`, the value of a `variable`, the `output` of commands, or a
    file that stands for a `process`, with its source as text.

    `quoted` says of variables and outputs that they are not split. `fallback` is what `${name:-…}` gives.
    """

    kind: str
    text: str
    quoted: bool = False
    fallback: str = UNKNOWN


Word = tuple[Part, ...]


class Redirect(Struct, frozen=True):
    """A redirection to or from a file."""

    operator: str
    target: Word

    @property
    def writes(self) -> bool:
        """Whether the file is written."""
        return ">" in self.operator


class Command(Struct, frozen=True):
    """A simple command. `fed` is what a here-document or here-string gives it to read; `nest` names the subshells
    around it, the outermost first."""

    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...] = ()
    fed: Word | None = None
    nest: tuple[int, ...] = ()


def pipelines(text: str, nest: tuple[int, ...] = ()) -> tuple[tuple[Command, ...], ...]:
    """Return the commands of a line, those that are piped into each other together.

    Raises:
        UnclearError: a quote or a bracket is not closed, or the line nests too deeply.
    """
    reader = _Reader(text, 0, nest)
    reader.read()
    return tuple(tuple(draft.command() for draft in pipeline) for pipeline in reader.found)


class _Draft:
    """A command that is being read."""

    def __init__(self, nest: tuple[int, ...]) -> None:
        self.words: list[Word] = []
        self.redirects: list[Redirect] = []
        self.fed: Word | None = None
        self.nest = nest

    def command(self) -> Command:
        words = self.words
        while words and _bare(words[0]) in _RESERVED:
            words = words[2 if _bare(words[0]) == "function" else 1 :]
        return Command(tuple(words), tuple(self.redirects), self.fed, self.nest)

    @property
    def cases(self) -> int:
        """How many more `case` are open after this command than before it."""
        first = _bare(self.words[0]) if self.words else ""
        return {"case": 1, "esac": -1}.get(first, 0)


class _Heredoc(Struct, frozen=True):
    draft: _Draft
    delimiter: str
    indented: bool
    literal: bool


class _Reader:
    """Reads commands from a place in a text. Substitutions in it are read by readers of their own."""

    def __init__(self, text: str, at: int, nest: tuple[int, ...]) -> None:
        if len(nest) > _DEEPEST:
            raise UnclearError("it nests too deeply")
        self.text, self.at = text, at
        self.found: list[list[_Draft]] = []
        self._nest = nest
        self._subshells: list[int] = []
        self._cases = 0
        self._pipeline: list[_Draft] = []
        self._draft = _Draft(nest)
        self._heredocs: list[_Heredoc] = []

    def read(self, *, closing: bool = False) -> None:
        """Read to the end, or with `closing` to the bracket that closes this text."""
        while not self._is_over(closing):
            if not self._line_end() and not self._redirect() and not self._operator():
                self._draft.words.append(self._word())
        self._end_pipeline()

    def expansions(self) -> Word:
        """Read the whole text as between double quotes."""
        return tuple(self._until(""))

    def _is_over(self, closing: bool) -> bool:
        self.at = _end(_BLANK, self.text, self.at)
        if self.at >= len(self.text):
            if closing:
                raise UnclearError("a bracket is not closed")
            return True
        if closing and self.text[self.at] == ")" and not self._subshells and not self._cases + self._draft.cases:
            self.at += 1
            return True
        return False

    def _line_end(self) -> bool:
        if self.text[self.at] != "\n":
            return False
        self.at += 1
        self._end_pipeline()
        for each in self._heredocs:
            body = self._body(each)
            each.draft.fed = (Part("quoted", body),) if each.literal else self._inner(body)
        self._heredocs.clear()
        return True

    def _body(self, heredoc: _Heredoc) -> str:
        lines: list[str] = []
        while self.at < len(self.text):
            end = self.text.find("\n", self.at) + 1 or len(self.text)
            line = self.text[self.at : end]
            self.at = end
            line = line.lstrip("\t") if heredoc.indented else line
            if line.rstrip("\n") == heredoc.delimiter:
                break
            lines.append(line)
        return "".join(lines)

    def _redirect(self) -> bool:
        match = _REDIRECT.match(self.text, self.at)
        if match is None:
            return False
        self.at = _end(_BLANK, self.text, match.end())
        operator, word = match[1], self._word()
        if operator == "<<<":
            self._draft.fed = (*word, Part("quoted", "\n"))
        elif operator in ("<<", "<<-"):
            literal = any(part.kind == "quoted" for part in word)
            delimiter = "".join(part.text for part in word)
            self._heredocs.append(_Heredoc(self._draft, delimiter, operator == "<<-", literal))
        elif word:
            self._draft.redirects.append(Redirect(operator, word))
        return True

    def _operator(self) -> bool:
        match = _OPERATOR.match(self.text, self.at)
        if match is None:
            return False
        operator, begin = match.group(), self.at
        self.at = match.end()
        if operator in ("|", "|&"):
            self._end_command()
            return True
        if operator == "(" and self._is_beginning() and self._arithmetic(begin):
            return True
        self._end_pipeline()
        if operator == "(":
            self._subshells.append(begin)
        elif operator == ")" and self._subshells:
            self._subshells.pop()
        self._draft = self._fresh()
        if operator == ")":
            self._pipeline.append(self._fresh())
        return True

    def _is_beginning(self) -> bool:
        return all(_bare(word) in _RESERVED for word in self._draft.words)

    def _fresh(self) -> _Draft:
        return _Draft((*self._nest, *self._subshells))

    def _end_command(self) -> None:
        self._cases += self._draft.cases
        if self._draft.words or self._draft.redirects:
            self._pipeline.append(self._draft)
        self._draft = self._fresh()

    def _end_pipeline(self) -> None:
        self._end_command()
        if self._pipeline:
            self.found.append(self._pipeline)
        self._pipeline = []

    def _word(self) -> Word:
        parts: list[Part] = []
        while self.at < len(self.text):
            piece = self._piece(parts[-1].text[-1:] if parts and parts[-1].kind == "bare" else "")
            if piece is None:
                break
            parts.extend(piece)
        return tuple(parts)

    def _piece(self, before: str) -> list[Part] | None:
        """Return the next parts of a word that has just had the bare character `before`; None where the word ends."""
        match = _PLAIN.match(self.text, self.at)
        if match:
            self.at = match.end()
            return [Part("bare", match.group())]
        character, following = self.text[self.at], self.text[self.at + 1 : self.at + 2]
        if character in "'\"\\":
            return self._quoted(character, following)
        if character in "$`":
            return self._expansion(quoted=False)
        if character in "<>" and following == "(":
            self.at += 2
            return [self._substitution(quoted=True, known=False)]
        return self._array() if character == "(" and before == "=" else None

    def _quoted(self, character: str, following: str) -> list[Part]:
        self.at += 1
        if character == "'":
            return [Part("quoted", self._up_to("'"))]
        if character == '"':
            return [Part("quoted", ""), *self._until('"')]
        self.at += 1
        return [Part("quoted", following)] if following != "\n" else []

    def _up_to(self, end: str) -> str:
        found = self.text.find(end, self.at)
        if found < 0:
            raise UnclearError(f"a {end} is not closed")
        text, self.at = self.text[self.at : found], found + 1
        return text

    def _until(self, end: str) -> list[Part]:
        """Read as between double quotes, to the quote that `end` is, or without it to the end of the text."""
        parts: list[Part] = []
        plain = re.compile(r'[^"\\$`]+' if end else r"[^\\$`]+")
        while self.at < len(self.text):
            match = plain.match(self.text, self.at)
            character, following = self.text[self.at], self.text[self.at + 1 : self.at + 2]
            if match:
                self.at = match.end()
                parts.append(Part("quoted", match.group()))
            elif character == end:
                self.at += 1
                return parts
            elif character == "\\":
                self.at += 2
                kept = following if following in ("$", "`", "\\", end) else f"\\{following}"
                parts.append(Part("quoted", "" if following == "\n" else kept))
            else:
                parts.extend(self._expansion(quoted=True))
        if end:
            raise UnclearError(f"a {end} is not closed")
        return parts

    def _expansion(self, *, quoted: bool) -> list[Part]:
        """Read what a dollar or a backtick begins."""
        begin = self.at
        self.at += 1
        if self.text[begin] == "`":
            return [self._backticks(quoted)]
        following = self.text[self.at : self.at + 1]
        if following == "(":
            return [self._bracketed(quoted)]
        if following == "{":
            self.at += 1
            return [self._parameter(quoted)]
        if following and following in "'\"" and not quoted:
            return self._dollar_quoted(following)
        match = _NAME.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return [Part("variable", match.group(), quoted)] if match else [Part("quoted", "$")]

    def _bracketed(self, quoted: bool) -> Part:
        if self._arithmetic(self.at):
            return Part("process", "", quoted=True)
        self.at += 1
        return self._substitution(quoted=quoted, known=True)

    def _dollar_quoted(self, quote: str) -> list[Part]:
        self.at += 1
        if quote == '"':
            return [Part("quoted", ""), *self._until('"')]
        match = re.compile(r"((?:[^'\\]|\\.)*)'", re.DOTALL).match(self.text, self.at)
        if match is None:
            raise UnclearError("a ' is not closed")
        self.at = match.end()
        return [Part("quoted", _ESCAPE.sub(_unescaped, match[1]))]

    def _substitution(self, *, quoted: bool, known: bool) -> Part:
        begin = self.at
        inner = _Reader(self.text, begin, (*self._nest, *self._subshells, begin))
        inner.read(closing=True)
        self.at = inner.at
        self.found.extend(inner.found)
        return Part("output" if known else "process", self.text[begin : inner.at - 1], quoted)

    def _backticks(self, quoted: bool) -> Part:
        match = re.compile(r"((?:[^`\\]|\\.)*)`", re.DOTALL).match(self.text, self.at)
        if match is None:
            raise UnclearError("a ` is not closed")
        self.at = match.end()
        source = re.sub(r"\\([`$\\])", r"\1", match[1])
        inner = _Reader(source, 0, (*self._nest, *self._subshells, match.start()))
        inner.read()
        self.found.extend(inner.found)
        return Part("output", source, quoted)

    def _parameter(self, quoted: bool) -> Part:
        depth, end = 1, self.at
        while depth:
            match = re.compile(r"\\.|[{}]", re.DOTALL).search(self.text, end)
            if match is None:
                raise UnclearError("a { is not closed")
            end = match.end()
            depth += {"{": 1, "}": -1}.get(match.group(), 0)
        content, self.at = self.text[self.at : end - 1], end
        self._inner(content)
        match = _PARAMETER.match(content)
        name, every, fallback = match.groups() if match else ("", None, None)
        fallback = UNKNOWN if fallback is None else fallback.strip("\"'")
        return Part("variable", name or UNKNOWN, quoted and every is None, fallback)

    def _inner(self, text: str) -> Word:
        """Read a text of its own as between double quotes; what it runs is found too."""
        inner = _Reader(text, 0, (*self._nest, *self._subshells, self.at))
        word = inner.expansions()
        self.found.extend(inner.found)
        return word

    def _arithmetic(self, begin: int) -> bool:
        """Pass over `((…))`, whose first bracket stands at `begin`, when that is what it is."""
        if self.text[begin : begin + 2] != "((":
            return False
        depth, end = 0, begin
        for match in re.compile(r"[()]").finditer(self.text, begin):
            depth += 1 if match.group() == "(" else -1
            end = match.end()
            if depth < 2 and match.group() == ")":
                break
        if self.text[end - 1 : end + 1] != "))" or depth != 1:
            return False
        self._inner(self.text[begin + 2 : end - 1])
        self.at = end + 1
        return True

    def _array(self) -> list[Part]:
        """Read `(a b)` after `name=` as one text of several words."""
        self.at += 1
        parts: list[Part] = []
        while True:
            self.at = _end(re.compile(r"(?:[ \t\r\n;&|<>(]|\\\n|#[^\n]*)*"), self.text, self.at)
            if self.at >= len(self.text):
                raise UnclearError("a bracket is not closed")
            if self.text[self.at] == ")":
                self.at += 1
                return parts or [Part("quoted", "")]
            parts.extend([*self._word(), Part("quoted", " ")])


def _bare(word: Word) -> str:
    return word[0].text if len(word) == 1 and word[0].kind == "bare" else ""


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xu" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8) & 0xFF)
    return _ESCAPED.get(code, code)
