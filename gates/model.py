"""The values that every part of the product speaks in. Frozen, and without I/O."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import MsgspecError, Struct, field

UNDECODABLE = (MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not what they should be: wrong, not UTF-8, or nested too deeply."""


class Severity(enum.Enum):
    """How much a finding matters; only an error can fail a gate."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Status(enum.Enum):
    """What the engine made of a finding. Findings are marked, never dropped."""

    OPEN = "open"
    ACCEPTED = "accepted"
    SUPPRESSED = "suppressed"
    OUT_OF_SCOPE = "out_of_scope"


class Origin(enum.Enum):
    """Whether the change under review caused a finding; UNKNOWN without a base."""

    INTRODUCED = "introduced"
    WORSENED = "worsened"
    INHERITED = "inherited"
    UNKNOWN = "unknown"


class Verdict(enum.Enum):
    """What a gate, or the whole report, came to."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    BROKEN = "broken"


BASE = "base"
BASELINE = "baseline"
"""Why a finding is accepted: the base has it too, or the baseline does, after which a colon and a reason may follow."""


_COMMIT = "[0-9a-f]{40,64}"
_ID = 12
"""Hexadecimal digits that are enough to name a commit."""


class GatesError(Exception):
    """A mistake that the reader can mend: what happened, and what to do. Exit code 2."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BrokenError(GatesError):
    """A gate could not decide; it counts as BROKEN, never as passed. Exit code 3."""

    exit_code = 3


class Location(Struct, frozen=True, gc=False, array_like=True):
    """A place in a file. Lines and columns are 1-based, columns count code points, the end is exclusive."""

    path: str
    line: int = 1
    column: int = 1
    end_line: int = 0
    end_column: int = 0
    symbol: str = ""
    note: str = ""


class Measure(Struct, frozen=True, gc=False):
    """A measured value beside the limit it was held against, with the unit of both."""

    value: float
    limit: float
    unit: str


class Finding(Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """One broken rule at one primary place.

    `identity` is the text that tells this finding from others of its rule whatever line it stands on; empty means
    the source lines it covers; `is_passage` says that it is code, recognised also where it is only alike. `debt` is
    what may not grow where the measure is a share of a whole that changes too; `sums` is the rule whose findings this
    one adds up: while none of them is new, it is not new either.
    `id`, `status`, `origin`, `before`, `reason` and `group` are set by the engine, never by a gate. `before` is the
    value that its measure had in the base, or else in the baseline, where one is known.
    """

    rule: str
    message: str
    location: Location
    severity: Severity = Severity.ERROR
    related: tuple[Location, ...] = ()
    measure: Measure | None = None
    help: str = ""
    url: str = ""
    tool_code: str = ""
    identity: str = ""
    is_passage: bool = False
    debt: float | None = None
    sums: str = ""
    id: str = ""
    status: Status = Status.OPEN
    origin: Origin = Origin.UNKNOWN
    before: float | None = None
    reason: str = ""
    group: str = ""

    @property
    def gate(self) -> str:
        """The gate that owns the rule: what stands before the slash."""
        return self.rule.partition("/")[0]


ABSENT = "is not checked out (git sparse-checkout)"
"""Why no gate has looked at a file that the project has."""


class Unread(Struct, frozen=True):
    """A planned file that a gate did not inspect, and why."""

    path: str
    reason: str


class Inspection(Struct, frozen=True, kw_only=True):
    """What one gate says of one project, before the engine attests and marks it.

    `inspected` names each file that was really looked at; `unread` each that was not. `broken` is why the gate could
    not decide although it found something; `blocked` why it could not start. `latent` is what is no finding, but might
    become one when the same code is only written differently; comparisons know it, reports do not.
    """

    findings: tuple[Finding, ...] = ()
    latent: tuple[Finding, ...] = ()
    inspected: frozenset[str] = frozenset()
    unread: tuple[Unread, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)
    blocked: str = ""
    broken: str = ""


class Outcome(Struct, frozen=True, kw_only=True):
    """One gate's result: its verdict, its marked findings, and what was inspected against what was planned.

    `resolved` is how many findings of the base are gone. `latent` is for comparisons only, no report shows it.
    """

    gate: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    planned: int = 0
    inspected: Mapping[str, int] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    reason: str = ""
    hint: str = ""
    rerun: str = ""
    tools: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    resolved: int = 0
    latent: tuple[Finding, ...] = ()
    seconds: float = 0.0
    cached: bool = False

    def open(self) -> tuple[Finding, ...]:
        """The findings that nothing accepts, suppresses or puts out of scope."""
        return tuple(each for each in self.findings if each.status is Status.OPEN)


class Excluded(Struct, frozen=True):
    """An exclude pattern of the policy, and how many files it removed."""

    pattern: str
    files: int


class Scope(Struct, frozen=True):
    """What the report is about: the whole project or, below `paths`, a part of it.

    `kind` is `project`, `paths`, `since` (what changed since the commit `base`) or `staged` (what the index changes).
    """

    kind: str = "project"
    paths: tuple[str, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    base: str = ""

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of `gates check` that compare with the same base again."""
        if self.kind == "since" and re.fullmatch(_COMMIT, self.base):
            return ("--since", self.base[:_ID])
        return ("--staged",) if self.kind == "staged" else ()


class Off(Struct, frozen=True):
    """A gate that the project has turned off, and why."""

    gate: str
    why: str


class PolicyRecord(Struct, frozen=True):
    """Which rules were applied: digest of every effective value, their file, the preset, the gates turned off.

    `untrusted` says what an untrusted run did not start; it is empty when the project is trusted.
    """

    digest: str
    source: str
    preset: str
    off: tuple[Off, ...] = ()
    untrusted: str = ""


class Group(Struct, frozen=True):
    """Open findings that one edit would resolve: their cause, the place to look at first, and how much hangs on it.

    `batch` says that the right size of step is one edit over all the sites together.
    """

    id: str
    cause: str
    rule: str
    location: Location
    findings: int
    files: int
    batch: bool = False


class Flag(Struct, frozen=True):
    """A finding that somebody called wrong or out of reach, for a person to look at; it stays open."""

    id: str
    reason: str


class Advice(Struct, frozen=True, kw_only=True):
    """A person's answer to a ticket, told to agents about findings whose rule, symbol and path fit all that it names.

    `date` is a day in ISO 8601. `is_new` says that no commit before the change that is judged holds it as it is, `flaw`
    why its file cannot be read: then nothing else is known of it.
    """

    id: str
    author: str = ""
    date: str = ""
    cause: str = ""
    guidance: str = ""
    rule: str = ""
    symbol: str = ""
    path: str = ""
    ticket: str = ""
    is_new: bool = False
    flaw: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """Everything one check found out; the only thing that reporters see. A `reason` means that it could not decide."""

    version: str
    scope: Scope
    policy: PolicyRecord
    outcomes: tuple[Outcome, ...]
    files: int
    lines: int
    groups: tuple[Group, ...] = ()
    flags: tuple[Flag, ...] = ()
    reason: str = ""
    seconds: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """BROKEN outranks FAILED; PASSED needs at least one gate that passed and none that did not."""
        verdicts = {each.verdict for each in self.outcomes} if not self.reason else {Verdict.BROKEN}
        for worst in (Verdict.BROKEN, Verdict.FAILED, Verdict.SKIPPED):
            if worst in verdicts:
                return Verdict.BROKEN if worst is Verdict.SKIPPED else worst
        return Verdict.PASSED if verdicts else Verdict.BROKEN

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 3 could not decide. It does not depend on the output format."""
        return {Verdict.PASSED: 0, Verdict.FAILED: 1}.get(self.verdict, 3)

    def open(self) -> tuple[Finding, ...]:
        """The open findings of every gate, in the order of the report."""
        return tuple(each for outcome in self.outcomes for each in outcome.open())

    def findings(self) -> tuple[Finding, ...]:
        """Every finding of every gate, whatever its status."""
        return tuple(each for outcome in self.outcomes for each in outcome.findings)


class Rule(Struct, frozen=True):
    """A named rule of a gate: what it demands, and how to satisfy it.

    A name that ends in `*` stands for the names a tool or the policy gives (`lint/*`, `layers/*`).
    """

    name: str
    summary: str
    help: str = ""


class Tool(Struct, frozen=True, kw_only=True):
    """An external program as data. `ran` are the exit codes that mean "I did the work"."""

    name: str
    distribution: str
    tested: str
    ran: tuple[int, ...] = (0, 1)
    module: str = ""
    """Run as `python -P -m MODULE`; empty for a native program beside our interpreter."""
    library: str = ""
    """The module that is imported, for a tool that is no program to us."""

    @property
    def install(self) -> str:
        """The command that puts the tool back."""
        return f"python -m pip install '{self.distribution}{self.tested}'"


class Completed(Struct, frozen=True):
    """How an external program ended: exit code and raw output."""

    code: int
    out: bytes
    err: bytes

    @property
    def stdout(self) -> str:
        """Standard output as text; bytes that are not UTF-8 become surrogates."""
        return self.out.decode("utf-8", "surrogateescape")

    @property
    def stderr(self) -> str:
        """Standard error as text; bytes that are not UTF-8 become surrogates."""
        return self.err.decode("utf-8", "surrogateescape")


class View(Struct, frozen=True, kw_only=True):
    """What a reporter may know of its reader and of the project, as values, so that rendering is pure.

    `sources` gives the lines of a file, none for one that cannot be read; `headers` the first and last lines of its
    functions and classes; `advice` what people have said about what is open in a report. `width` is in columns.
    `max_chars` and `max_tokens` bound a prompt, 0 is no bound; `boundary` is a word of this run that marks where quoted
    text begins and ends. `prefix` leads from the root of the repository to the project, `""` or `"api/"`: paths in a
    report begin at the project, but what a forge reads has to name files as its repository does.
    """

    sources: Callable[[str], Sequence[str]] = lambda path: ()
    headers: Callable[[str], Sequence[tuple[int, int]]] = lambda path: ()
    advice: Callable[[Report], Sequence[Advice]] = lambda report: ()
    width: int = 100
    colour: bool = False
    excerpts: bool = True
    max_chars: int = 8000
    max_tokens: int = 0
    boundary: str = "quoted"
    prefix: str = ""
