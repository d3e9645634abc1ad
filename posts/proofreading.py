"""Whether readers get all that an author wrote, and no more."""


def find_losses(source: str, html: str) -> str:
    return ""
