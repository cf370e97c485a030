"""Carries out commands on a fleet of services."""
