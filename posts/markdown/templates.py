"""Tags of template languages in Markdown: what a generator fills in, and nobody should read."""

from __future__ import annotations

import re
from typing import Final

# Liquid, Nunjucks and Jinja; Hugo's shortcodes. Tags that end others say nothing new.
TEMPLATE_TAG: Final = re.compile(
    r"\{%-? *(?P<tag>(?!end)\w[\w-]*)(?=[^\n]{0,300}?%\})"
    r"|\{\{(?P<mark>[<%]) *(?P<code>\w[\w./-]*)(?=[^\n]{0,300}?[>%]\}\})"
    r"|\{\{-? *(?P<name>[\w.$]+)(?=[^\n]{0,300}?\}\})"
)


def tag_name(found: re.Match[str]) -> str:
    """Return a tag that was found as people know it, without what is in it."""
    if found["tag"]:
        return f"{{% {found['tag']} %}}"
    if found["name"]:
        return f"{{{{ {found['name']} }}}}"
    return f"{{{{{found['mark']} {found['code']} {'>' if found['mark'] == '<' else '%'}}}}}"
