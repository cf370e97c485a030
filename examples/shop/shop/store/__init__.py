"""What the shop remembers."""
