"""What whom: items and issues, what readers chose of them, their rhythm, and what they had."""
