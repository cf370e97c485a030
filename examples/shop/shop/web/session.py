"""Who is asking."""

from __future__ import annotations

from contextvars import ContextVar

current_user: ContextVar[str] = ContextVar("current_user", default="anonymous")
"""The user of the request that is being answered."""
