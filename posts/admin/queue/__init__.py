"""The queue of links that wait for a decision, as moderators see it."""

from posts.admin.queue.views import QueueAdmin

__all__ = ["QueueAdmin"]
