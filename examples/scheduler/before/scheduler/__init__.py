"""Runs tasks at intervals, and tells plugins what happens."""
