"""Bring issues in from files, folders, archives and uploads, with pictures, and check them."""

from posts.importing.files import ImportOptions, Kind, Outcome, import_source, import_sources
