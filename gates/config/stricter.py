"""The policy that a change is judged by: the stricter, key by key, of the one it started from and the one it leaves."""

from __future__ import annotations

import hashlib

import msgspec

from gates.config.ordering import joined
from gates.config.values import UNTRUSTED, Config, GateSettings, Options, Policy


class Stricter(Policy[Options]):
    """The stricter of two policies, for the project and for each path."""

    def __init__(self, base: Policy[Options], head: Policy[Options]) -> None:
        super().__init__(joined(base.base, head.base), written=head.written)
        self._policies = (base, head)
        self._joined = {(id(base.base), id(head.base)): self.base}

    def at(self, path: str) -> Options:
        """Return the stricter of what both policies say of a path."""
        before, now = (policy.at(path) for policy in self._policies)  # kept by them, so that an id stays what it is
        found = self._joined.get((id(before), id(now)))
        if found is None:
            found = self._joined[id(before), id(now)] = joined(before, now)
        return found


def stricter(base: Config, head: Config) -> Config:
    """Return the policy that is at least as strict as both; what has no order, and where it was read, is head's.

    `source` and `exclude` are head's: which files are inspected is decided by asking both policies.
    """
    return msgspec.structs.replace(
        head,
        improve_touched=base.improve_touched or head.improve_touched,
        untrusted=base.untrusted or head.untrusted,
        gates={name: _gate(base.gates[name], settings) for name, settings in head.gates.items()},
        digest=head.digest if base.digest == head.digest else _digest(base.digest, head.digest),
    )


def distrusted(config: Config) -> Config:
    """Return the policy for a project that whoever asks does not trust, whatever its file says."""
    return msgspec.structs.replace(config, untrusted=True, digest=_digest(config.digest, UNTRUSTED))


def _gate(base: GateSettings, head: GateSettings) -> GateSettings:
    """Of a gate that only one of the policies turns on, the values of that one hold: the other has none to keep."""
    if base.enabled and not head.enabled:
        return GateSettings(True, "", base.policy.over(head.policy.written))
    if head.enabled and not base.enabled:
        return head
    return GateSettings(head.enabled, head.why, Stricter(base.policy, head.policy))


def _digest(*digests: str) -> str:
    return f"sha256:{hashlib.sha256(' '.join(digests).encode()).hexdigest()}"
