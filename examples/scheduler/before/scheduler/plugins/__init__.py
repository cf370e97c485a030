"""Plugins: each watches the tasks for one purpose."""
