"""The only module that starts other programs: argv, environment, time limits, output caps, process groups."""

from __future__ import annotations

import contextlib
import io
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from gates.model import BrokenError, Completed
from gates.text import counted, visible
from gates.threads import Turn

MAX_OUTPUT = 256 << 20
"""Bytes of one stream that are kept; the rest is drained, and the run counts as broken."""

LOGGED = 1024 * 1024
"""Bytes of what somebody else's program says that are kept of its beginning, and of its end."""

_GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL; small, because a CI runner kills us 7 seconds after its first signal."""

_GLANCE = 0.2
"""Seconds after which one who waits looks whether it is in vain."""

_BLINK = 0.01
"""Seconds after which one who waits looks for the end of a program, where the kernel does not tell of it."""

_WATCH = 'read -r over || kill -s KILL -- "-$1"'
"""What a shell does beside a program: it waits for a line. When its input ends without one, we were killed, and it
kills the group of the program."""

_KEPT = ("HOME", "PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USER", "LOGNAME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
"""The environment is an allow-list: variables such as RUFF_OUTPUT_FORMAT, MYPYPATH or GIT_DIR change what tools say."""


class ToolError(BrokenError):
    """An external program could not be started, did not end in time, crashed, or said too much."""


class Stopped(BrokenError):
    """The check was interrupted; running programs were killed."""


class Attended(NamedTuple):
    """How somebody else's program ended: its exit code, None when its time ran out, and how many bytes it said."""

    code: int | None
    size: int


class Waiting(NamedTuple):
    """Who waits for a program: `in_vain` is asked now and then whether nobody wants the answer any more, and then its
    whole group is killed; `heard` is told what it writes to standard output as it comes, takes no time, and raises
    nothing."""

    in_vain: Callable[[], bool] | None = None
    heard: Callable[[bytes], None] | None = None


class Spawner:
    """Runs programs, and can stop all of them at once from another thread. Who waits for one lends the `turn`."""

    def __init__(self) -> None:
        self.turn = Turn()
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called: who waits for something else should wait no longer."""
        return self._stopped

    def stop(self) -> None:
        """Kill every running process group; each `run` under way then raises `Stopped`, and so does each later one."""
        with self._lock:
            self._stopped = True
            running = tuple(self._running)
        _end(*running)

    def check(self) -> None:
        """Do nothing, unless `stop` was called.

        Raises:
            Stopped: it was.
        """
        if self._stopped:
            raise Stopped("the check was interrupted")

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        timeout: float,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        waiting: Waiting | None = None,
    ) -> Completed:
        """Run a program to its end in a process group of its own, and return its exit code and output.

        Args:
            argv: the program and its arguments; never a shell line.
            cwd: the directory it runs in.
            timeout: seconds; afterwards the whole group is killed.
            stdin: what it can read; nothing unless given.
            env: variables beside the few that are always handed on.
            waiting: who waits for it, and may hear what it says, or no longer want its answer.

        Raises:
            ToolError: it is missing, ran out of time or in vain, died by a signal, or wrote more than `MAX_OUTPUT`.
            Stopped: `stop` was called.
        """
        with self._started(argv, cwd, environment(env or {})) as process, _watched(process):
            return self._completed(argv, process, stdin, timeout, waiting or Waiting())

    def ask(self, argv: Sequence[str], *, cwd: Path, timeout: float, stdin: bytes, env: Mapping[str, str]) -> Completed:
        """Do as `run` does, with a program that ends soon, and by itself when nobody reads what it says: nobody watches
        over it, which would take as long.

        Raises:
            ToolError: as `run`.
            Stopped: `stop` was called.
        """
        with self._started(argv, cwd, environment(env)) as process:
            return self._completed(argv, process, stdin, timeout, Waiting())

    def _completed(
        self,
        argv: Sequence[str],
        process: subprocess.Popen[bytes],
        stdin: bytes,
        timeout: float,
        waiting: Waiting,
    ) -> Completed:
        name = visible(_called(argv))
        out, err = _Heard(process.stdout, waiting.heard), _Heard(process.stderr)
        feeding: list[threading.Thread] = []
        try:
            feeding = _feed(process, stdin)
            with self.turn.lent():
                _wait(process, (out, err), timeout, waiting.in_vain)
        except subprocess.TimeoutExpired as error:
            raise ToolError(
                f"`{name}` did not finish within {timeout:g} seconds and was killed",
                "Raise `timeout` in the configuration, or check fewer files.",
            ) from error
        finally:
            _end(process)
            until = time.monotonic() + _GRACE
            _hear((out, err), until)
            _join(feeding, until)
        self.check()
        if process.returncode < 0:
            raise ToolError(f"`{name}` crashed: {_signal_name(-process.returncode)}{_last_words(err.content())}")
        if out.overflow or err.overflow:
            raise ToolError(f"`{name}` wrote more than {counted(MAX_OUTPUT, 'byte')} of output")
        return Completed(process.returncode, out.content(), err.content())

    def attend(
        self, argv: Sequence[str], *, cwd: Path, timeout: float, stdin: bytes, env: Mapping[str, str], log: IO[bytes]
    ) -> Attended:
        """Run somebody else's program to its end, as `run` does, but in an environment that is given whole, and with
        what it says in a file: the beginning and the end of it, `LOGGED` bytes of each at most.

        Raises:
            ToolError: it could not be started.
            Stopped: `stop` was called.
        """
        with self._started(argv, cwd, env, stderr=subprocess.STDOUT) as process, _watched(process):
            threads: list[threading.Thread] = []
            in_time = False
            try:
                said = _Log(process.stdout, log)
                threads = [said, *_feed(process, stdin)]
                in_time = _ends_within(process, timeout)
            finally:
                _end(process)
                _join(threads, time.monotonic() + _GRACE)
        self.check()
        said.close()
        return Attended(process.returncode if in_time else None, said.size)

    @contextlib.contextmanager
    def _started(
        self, argv: Sequence[str], cwd: Path, env: Mapping[str, str], stderr: int = subprocess.PIPE
    ) -> Iterator[subprocess.Popen[bytes]]:
        with self._lock:
            self.check()
            if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
                raise ToolError(
                    "SIGCHLD is ignored in this process, so every program seems to end with exit code 0",
                    "Call `signal.signal(signal.SIGCHLD, signal.SIG_DFL)` before.",
                )
            try:
                process = subprocess.Popen(
                    list(argv),
                    cwd=cwd,
                    env=dict(env),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    bufsize=0,
                    start_new_session=True,
                )
            except OSError as error:
                raise ToolError(f"`{visible(argv[0])}` could not be started: {error.strerror}") from error
            self._running.add(process)
        try:
            with process:
                yield process
        finally:
            with self._lock:
                self._running.discard(process)


@contextlib.contextmanager
def _watched(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let somebody whom our end does not touch watch over a program: after SIGKILL we can end nothing ourselves. Where
    no shell can be started, nobody does."""
    argv, nowhere = ["/bin/sh", "-c", _WATCH, "gates", str(process.pid)], subprocess.DEVNULL
    try:
        watcher = subprocess.Popen(
            argv, cwd="/", env={}, stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere, start_new_session=True
        )
    except OSError:
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # it is gone already
            watcher.communicate(b"\n")


def _called(argv: Sequence[str]) -> str:
    """Return what people call a program: the module that Python runs, or the file."""
    module = argv[argv.index("-m") + 1] if "-m" in argv[:3] else ""
    return module.rpartition(".")[2].replace("_", "-") or Path(argv[0]).name


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that tools get: a short allow-list, fixed locale and seed, and `extra`."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    if "PATH" in kept:  # tools run in the checkout: `.` would mean something else to them than to whoever set it
        kept["PATH"] = os.pathsep.join(each for each in os.get_exec_path() if os.path.isabs(each))
    fixed = {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1", "NO_COLOR": "1"}
    return kept | fixed | {"PAGER": "cat", "GIT_OPTIONAL_LOCKS": "0", "PYTHONDONTWRITEBYTECODE": "1"} | dict(extra)


def whole_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that whoever started us has, and `extra`: a coding agent needs its credentials. Nothing
    that judges gets this one."""
    return dict(os.environ) | dict(extra)


class _Heard:
    """What a program says on a pipe, all of which is read: closing early would change its exit code. At most
    `MAX_OUTPUT` is kept; of too much, which is no result, nothing."""

    def __init__(self, pipe: IO[bytes] | None, heard: Callable[[bytes], None] | None = None) -> None:
        self.handle = -1 if pipe is None else pipe.fileno()
        self._told = heard
        self._kept = io.BytesIO()
        self._size = 0

    @property
    def is_open(self) -> bool:
        """Whether there may be more to come."""
        return self.handle >= 0

    @property
    def overflow(self) -> bool:
        return self._size > MAX_OUTPUT

    def read(self) -> None:
        """Read what is there, or wait for it."""
        try:
            chunk = os.read(self.handle, 1 << 16)
        except OSError:
            chunk = b""
        if not chunk:
            self.handle = -1
        elif self._told:
            self._told(chunk)
        self._size += len(chunk)
        if not self.overflow:
            self._kept.write(chunk)
        elif self._kept.tell():
            self._kept = io.BytesIO()

    def content(self) -> bytes:
        return self._kept.getvalue()


class _Log(threading.Thread):
    """Reads a pipe to its end into a file: the beginning at once, so that it can be followed, and the end later."""

    def __init__(self, pipe: IO[bytes] | None, log: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._log = log
        self._last = bytearray()
        self.size = 0
        self.start()

    def run(self) -> None:
        if self._pipe is None:
            return
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(self._pipe.fileno(), 1 << 16):
                room = max(LOGGED - self.size, 0)
                self.size += len(chunk)
                with contextlib.suppress(OSError, ValueError):  # a full disk stops nobody who is still talking
                    self._log.write(chunk[:room])
                    self._log.flush()
                self._last += chunk[room:]
                if len(self._last) > 2 * LOGGED:
                    del self._last[:-LOGGED]

    def close(self) -> None:
        """Write the end, and before it how much was left out."""
        del self._last[:-LOGGED]
        left_out = self.size - LOGGED - len(self._last)
        if left_out > 0:
            self._log.write(f"\n[{counted(left_out, 'byte')} left out]\n".encode())
        self._log.write(bytes(self._last))
        self._log.flush()


def _feed(process: subprocess.Popen[bytes], data: bytes) -> list[threading.Thread]:
    """Write to the standard input of a process, unbuffered: a buffer could not be closed while somebody who outlives
    the process holds its pipe and does not read. What any pipe has room for needs no thread that waits."""

    def write() -> None:
        with contextlib.suppress(OSError, ValueError):
            if process.stdin is not None:
                left = memoryview(data)
                while left:
                    left = left[process.stdin.write(left) :]
                process.stdin.close()

    if len(data) <= select.PIPE_BUF:
        write()
        return []
    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return [thread]


def _join(threads: Sequence[threading.Thread], until: float) -> None:
    """Wait for threads, all together as long as for one: who left the process group may hold a pipe for ever."""
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))


def _wait(
    process: subprocess.Popen[bytes], heard: Sequence[_Heard], timeout: float, in_vain: Callable[[], bool] | None
) -> None:
    """Wait for the end of a process, hear what it says, and look now and then whether that is in vain."""
    end = time.monotonic() + timeout
    while in_vain and time.monotonic() < end:
        if _ends_within(process, min(_GLANCE, end - time.monotonic()), heard):
            return
        if in_vain():
            raise ToolError("it was stopped, since nobody wants its answer any more")
    if not _ends_within(process, end - time.monotonic(), heard):
        raise subprocess.TimeoutExpired(process.args, timeout)


def _ends_within(process: subprocess.Popen[bytes], seconds: float, heard: Sequence[_Heard] = ()) -> bool:
    """Whether a process ends in time; meanwhile what it says is heard. The kernel tells of its end where it can."""
    until = time.monotonic() + seconds
    try:
        handle = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        while process.poll() is None and time.monotonic() < until:
            _hear(heard, min(until, time.monotonic() + _BLINK))
            time.sleep(0 if any(each.is_open for each in heard) else _BLINK)
        return process.returncode is not None
    try:
        _hear(heard, until, handle)
        if not _readable([handle], 0.0):
            return False
    finally:
        os.close(handle)
    process.wait()
    return True


def _hear(heard: Sequence[_Heard], until: float, end: int | None = None) -> None:
    """Read what is said until then, or as long as there may be more to come; with the handle of an `end`, until that
    comes instead."""
    ends = [] if end is None else [end]
    while True:
        waiting = _waiting(heard)
        ready = _readable([*waiting, *ends], until - time.monotonic()) if waiting or ends else []
        for handle in ready:
            if handle in waiting:
                waiting[handle].read()
        if not ready or end in ready:
            return


def _waiting(heard: Sequence[_Heard]) -> dict[int, _Heard]:
    """Return the pipes on which there may be more to come, by their handles."""
    return {each.handle: each for each in heard if each.is_open}


def _readable(handles: Sequence[int], seconds: float) -> list[int]:
    """Return those of some handles that can be read, when there is one within this time."""
    poll = select.poll()
    for each in handles:
        poll.register(each, select.POLLIN)
    return [handle for handle, _ in poll.poll(max(seconds, 0.0) * 1000)]


def _end(*processes: subprocess.Popen[bytes]) -> None:
    """Leave nothing of the process groups alive, also grandchildren of a program that has ended by itself. All have the
    same time to end by themselves: that of one fits before a CI runner kills us, that of several would not."""
    running = [each for each in processes if each.poll() is None]
    for each in running:
        _signal_group(each, signal.SIGTERM)
    until = time.monotonic() + _GRACE
    for each in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            each.wait(max(0.0, until - time.monotonic()))
    for each in processes:
        _signal_group(each, signal.SIGKILL)
    for each in processes:
        each.wait()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def killed_by(code: int) -> str:
    """Return which signal an exit code tells of, as a shell does of a program that it started; nothing for others."""
    return _signal_name(code - 128) if code - 128 in set(signal.Signals) else ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_words(stderr: bytes) -> str:
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return f", after saying: {visible(lines[-1])[:200]}" if lines else ""
