"""One module for each topic: its strategies, and the table that names them."""
