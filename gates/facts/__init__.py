"""What one parse of one file yields; most gates are pure functions over it."""

from gates.facts.values import Call, Chain, Class, FileFacts, Function, Import, Size, Unreadable

__all__ = ["Call", "Chain", "Class", "FileFacts", "Function", "Import", "Size", "Unreadable"]
