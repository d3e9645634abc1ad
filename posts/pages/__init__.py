"""What public pages are made of: rows in the order of an index, cut into pages, and the shell."""
