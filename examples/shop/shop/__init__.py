"""Takes orders and gives money back."""
