"""The closed loop: a coding agent works, the gates judge, and it ends at done or at a person."""
