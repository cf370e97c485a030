"""Our numbers against those of the tools, run by hand on real packages."""
