"""What the API answers, as its documentation says it.

Answers are not made through these classes, which would take most of the time of a list; tests
check that every answer is what they say.
"""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

from ninja import Field, Schema

Row = TypeVar("Row")


class Page(Schema, Generic[Row]):
    """One page of a list, the newest or most used first."""

    results: list[Row]
    next: str | None = Field(description="The address of the page after this one.")
    previous: str | None = Field(description="The address of the page before this one.")


class TagName(Schema):
    """A tag of an issue."""

    name: str
    slug: str
    url: str


class Person(Schema):
    """Whom an issue is by."""

    name: str
    url: str


class Issue(Schema):
    """An issue without its text."""

    id: str = Field(description="Its UUID: it stays when the address changes.")
    slug: str
    url: str
    markdown_url: str = Field(description="Where the issue is as Markdown.")
    title: str
    description: str
    language: str
    published_at: datetime
    updated_at: datetime | None
    authors: list[Person]
    tags: list[TagName]
    item_count: int
    link_count: int
    reading_minutes: int
    image: str | None


class SectionOfIssue(Schema):
    """A heading of an issue."""

    title: str
    level: int
    url: str
    item_count: int


class WholeIssue(Issue):
    """An issue with its text as safe HTML, whose addresses are whole."""

    sections: list[SectionOfIssue]
    content_html: str


class IssueName(Schema):
    """The issue that something stands in."""

    title: str
    slug: str
    url: str


class Item(Schema):
    """One entry of an issue."""

    id: str = Field(description="Its UUID: it stays when the text is edited or moved.")
    url: str = Field(description="Its place in the issue.")
    title: str
    summary: str
    group: str = Field(description="The topic it stands under.")
    section: str = Field(description="The heading it stands under.")
    address: str | None = Field(description="Where it leads, if readers get a link.")
    source: str | None = Field(description="Who published that: a host, or an owner on one.")
    is_broken: bool
    issue: IssueName
    language: str
    published_at: datetime


class Link(Schema):
    """An address that stands in at least one issue."""

    id: str = Field(description="The SHA-256 of its canonical URL.")
    url: str = Field(description="The canonical URL, by which links are told apart.")
    address: str = Field(description="Where readers are led: the same, or what replaced it.")
    title: str = Field(description="The title of the page, as far as it was looked at.")
    source: str | None
    is_broken: bool
    first_seen: datetime


class Tag(Schema):
    """A subject of issues."""

    name: str
    slug: str
    url: str
    issue_count: int


class Section(Schema):
    """A heading that comes back."""

    title: str
    slug: str
    url: str
    issue_count: int
    first_seen: datetime | None
    last_seen: datetime | None


class Source(Schema):
    """A host that issues cite."""

    name: str
    url: str
    issue_count: int
    first_seen: datetime | None
    last_seen: datetime | None


class Found(Schema):
    """What a search found: an issue, a section or an item of one, or a page of the owner's."""

    kind: str = Field(description="“issue”, “section”, “item” or “page”.")
    id: str | None = Field(description="The UUID of the item, or of the issue it stands in.")
    url: str = Field(description="Its place on the site.")
    title: str
    excerpt_html: str = Field(description="Words around what was found, which is in `<mark>`.")
    address: str | None = Field(description="Where an item leads, if readers get a link.")
    source: str | None
    issue: str | None = Field(description="The title of the issue it stands in.")
    language: str
    published_at: datetime


class SearchResults(Schema):
    """One page of what was found."""

    results: list[Found]
    next: str | None = Field(description="The address of the page after this one.")


class Problem(Schema):
    """What is wrong with a request."""

    code: str
    message: str
    parameter: str | None = Field(None, description="The parameter that is wrong, if one is.")


class Refusal(Schema):
    """The answer to a request that cannot be answered."""

    error: Problem


class Issues(Page[Issue]):
    """A page of issues."""


class Items(Page[Item]):
    """A page of items."""


class Links(Page[Link]):
    """A page of links."""


class Tags(Page[Tag]):
    """A page of tags."""


class Sections(Page[Section]):
    """A page of sections."""


class Sources(Page[Source]):
    """A page of sources."""
