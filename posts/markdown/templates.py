"""Tags of template languages in Markdown: what a generator fills in, and nobody should read."""

from __future__ import annotations

import re
from typing import Final

# Liquid, Nunjucks and Jinja; Hugo's shortcodes; Handlebars; ERB and EJS; the fields of mailing
# services; the modules of MDX; callouts of GitHub, Obsidian, Docusaurus and MkDocs; the
# shortcodes of WordPress. Tags that end others say nothing new.
TEMPLATE_TAG: Final = re.compile(
    r"\{%-? *(?P<tag>(?!end)\w[\w-]*)(?=[^\n]{0,300}?%\})"
    r"|\{\{(?P<mark>[<%]) *(?P<code>\w[\w./-]*)(?=[^\n]{0,300}?[>%]\}\})"
    r"|\{\{\{?-?(?P<sign>[#>^&]?) *(?P<name>[\w.$]+)(?=[^\n]{0,300}?\}\})"
    r"|<%[-=_]? *(?P<embedded>(?!end\b)\w[\w.]*)(?=[^\n]{0,300}?%>)"
    r"|(?:\A|(?<=\n))(?P<module>import|export)"
    r"(?=[ \t][^\n]{0,300}?[ \t]from[ \t]+[\"'][^\"'\n]{1,200}[\"'];?[ \t]*(?:\n|\Z))"
    r"|(?<![\w*|])\*\|(?P<field>[A-Z][A-Z0-9_:]{2,40})\|\*(?![\w*|])"
    r"|(?:\A|(?<=\n))[ \t]*"
    r"(?P<callout>>[ \t]?\[![A-Za-z][\w-]{1,30}\]|(?::{3,6}|!!!)[ \t]*\{?[A-Za-z][\w-]{0,30})"
    r"|\[(?P<short>[A-Za-z][\w-]{0,30})(?:[ =][^\[\]\n]{0,300})?\]"
    r"(?=[^\n]{0,300}?\[/(?P=short)\])"
)
_STARTS: Final = ("{%", "{{", "<%", "*|", "import ", "export ", "[!", ":::", "!!!", "[/")


def may_hold_tags(text: str) -> bool:
    """Tell at once of most texts that no template tag is in them."""
    return any(start in text for start in _STARTS)


def tag_name(found: re.Match[str]) -> str:
    """Return a tag that was found as people know it, without what is in it."""
    if found["tag"]:
        return f"{{% {found['tag']} %}}"
    if found["name"]:
        return f"{{{{{found['sign'] or ' '}{found['name']}{'' if found['sign'] else ' '}}}}}"
    if found["embedded"]:
        return f"<% {found['embedded']} %>"
    if found["module"]:
        return f"{found['module']} … from …"
    if found["callout"]:
        return " ".join(found["callout"].lstrip("> \t").replace("{", "").split())
    if found["short"]:
        return f"[{found['short']}]"
    if found["field"]:
        return f"*|{found['field']}|*"
    return f"{{{{{found['mark']} {found['code']} {'>' if found['mark'] == '<' else '%'}}}}}"
