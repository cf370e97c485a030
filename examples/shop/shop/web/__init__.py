"""Requests come in."""
