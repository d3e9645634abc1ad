"""Posts and everything derived from their Markdown.

Only ``Post``'s header and metadata, its ``Section`` sources, its ``Image`` files, the library of
pictures (``Picture``), what people decided (``LinkedItem.hidden`` and ``is_news``), what was said
before (``Revision``) and what readers do not get yet (``PendingVersion``, ``WorkingCopy``) are
canonical; every other column is derived on save by ``posts.publishing`` and rebuilt with the same
result by ``manage.py rebuild_posts``.
"""

from posts.models.authors import Author, AuthorAlias, Authorship
from posts.models.corrections import Correction
from posts.models.drafting import EarlierEdition, PendingVersion, WorkingCopy
from posts.models.identity import MenuLink, SiteSettings
from posts.models.lists import ArchiveMonth, Citation, ListCount, RecurringLink
from posts.models.measurements import Measurement
from posts.models.pages import OldPageSlug, Page
from posts.models.pictures import FOLDER, NAME_LENGTH, Picture
from posts.models.posts import SLUG_LENGTH, Image, OldSlug, Post, PostPage, PostQuerySet, public
from posts.models.publication import Announcement, Outdated, Publication
from posts.models.readers import RateCount
from posts.models.redirects import Redirect
from posts.models.reviews import QUOTE, Review, ReviewComment, ShareAddress
from posts.models.revisions import Revision, RevisionPiece
from posts.models.search import SearchEntry, SearchIndex
from posts.models.sections import (
    Appearance,
    LinkedItem,
    RecurringSection,
    Section,
    SectionEntry,
    anchor_of,
    item_anchor,
)
from posts.models.tags import Tag, TagAlias, TaggedPost
from posts.models.templates import IssueTemplate
