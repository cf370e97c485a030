"""Every place that pins us or our tools names what judges here: hooks, workflows, requirements and lock files."""

from __future__ import annotations

from collections.abc import Sequence

from gates import __version__, registry
from gates.diagnosing import Diagnosis, Place, ok, problem, warning
from gates.diagnosing.pins import declared, remote
from gates.diagnosing.pins.pin import OURS, Pin
from gates.model import Tool
from gates.project import installed, within
from gates.text import counted, visible


def examine(place: Place) -> Sequence[Diagnosis]:
    """Return each pin that says something else than what is installed, and one line for all that agree."""
    tools = {each.distribution: each for each in registry.tools()}
    pins = [*remote.pins(place), *declared.pins(place, (OURS, *tools))]
    drifts = (_drift(place, pin, tools.get(pin.name)) for pin in pins)
    found = [each for each in drifts if each is not None]
    if not pins:
        return [ok("nothing here pins quality-gates or its tools")]
    agreeing = len(pins) - len(found)
    good = [ok(f"{counted(agreeing, 'pin agrees', 'pins agree')} with what is installed")] if agreeing else []
    return [*good, *found]


def _drift(place: Place, pin: Pin, tool: Tool | None) -> Diagnosis | None:
    """Return what is wrong with a pin, if anything is."""
    where = f"{place.shown(pin.path)}:{pin.line}"
    have = installed(tool.distribution) if tool else __version__
    if pin.moves:
        said = f"{where} takes {pin.name} from `{visible(pin.wanted)}`, which moves"
        return warning(said, **pin.mending(place, have))
    if not have or pin.allows(have):
        return None
    said = f"{where} wants {pin.name} {visible(pin.wanted)}, and {have} is installed"
    return _of_tool(place, pin, tool, said) if tool else _of_us(place, pin, said)


def _of_us(place: Place, pin: Pin, said: str) -> Diagnosis:
    """Two versions of us judge differently."""
    return problem(said, run=pin.install()) if pin.installs else problem(said, **pin.mending(place, __version__))


def _of_tool(place: Place, pin: Pin, tool: Tool, said: str) -> Diagnosis:
    """Two versions of a tool may judge differently; one that was not tested does not judge at all."""
    have = installed(tool.distribution)
    if not pin.installs:
        return warning(said, **pin.mending(place, have))
    if pin.exact and within(pin.exact, tool.tested):
        return warning(said, run=pin.install())
    return problem(f"{said}; only {tool.tested} was tested", **pin.mending(place, have))
