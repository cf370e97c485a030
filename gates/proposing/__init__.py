"""A first configuration for a project: what it is, what is proposed and why, and what that writes.

Everything is measured, tried and shown before anything is written.
"""
