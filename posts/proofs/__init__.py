"""Proofs: an issue as it is being written, rendered in parts, with what is known of its links."""

from posts.proofs.asking import Asked, answer, drafted
from posts.proofs.known import known_of
from posts.proofs.pages import web_frame
