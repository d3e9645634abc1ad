"""A line of JSON for each record, by structlog: for whoever collects logs of several machines."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from structlog.stdlib import ProcessorFormatter

from newsletter.logs.discreet import without_secrets

Event = MutableMapping[str, Any]


def _discreet(_logger: Any, _method: str, event: Event) -> Event:
    """Leave tokens out of all texts; called by structlog."""
    return {
        name: without_secrets(value) if isinstance(value, str) else value
        for name, value in event.items()
    }


SHARED: Final[list[Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


def as_json() -> logging.Formatter:
    """Return the formatter; called by `logging` for the settings, once in a process."""
    structlog.configure(
        processors=[*SHARED, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            ProcessorFormatter.remove_processors_meta,
            _discreet,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
