"""Agent hosts: one file each, which reads the events of its hooks and writes the answers that they understand."""
