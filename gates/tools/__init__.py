"""One file is one external program: how it is called, and what its output means."""
