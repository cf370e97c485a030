"""One file is one gate."""
