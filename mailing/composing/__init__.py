"""Mails made of issues and items: pure but for what is read of them."""
