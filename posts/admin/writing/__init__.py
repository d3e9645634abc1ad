"""The page on which an issue is written, around its fields: the panels beside the text."""

from posts.admin.writing import pictures
from posts.admin.writing.copies import WorkingCopyPages
from posts.admin.writing.inbox import InboxPages
from posts.admin.writing.panels import shown_panels
from posts.admin.writing.preflight import PreflightPages, query_after
from posts.admin.writing.previews import ProofPages
from posts.admin.writing.unsaved import UnsavedPages
