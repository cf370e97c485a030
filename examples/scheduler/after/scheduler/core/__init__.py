"""When tasks run."""
