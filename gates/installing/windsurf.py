"""Windsurf Cascade: docs.windsurf.com/windsurf/cascade/hooks, 2026-08. No hook of it holds up the end of a turn."""

from __future__ import annotations

from gates.installing._settings import Entry, Kind, Settings, command


def _entry(kind: Kind, event: str) -> Entry:
    return Entry(kind=kind, event=event, value={"command": command(kind, "windsurf"), "show_output": True})


_HOST = Settings(
    target="windsurf",
    host="windsurf",
    file=".windsurf/hooks.json",
    entries=(
        _entry("guard", "pre_run_command"),
        _entry("guard", "pre_write_code"),
        _entry("post-edit", "post_write_code"),
    ),
    told=("Windsurf has no hook at the end of a turn: what a session leaves open is seen by `gates check` alone.",),
)

install = _HOST.install
uninstall = _HOST.uninstall
hooks = _HOST.hooks
advice = _HOST.advice
