"""``links`` knows no other app: import contracts hold that for imports, this for all the rest."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

OTHERS = "|".join(sorted({"posts", "mailing", "newsletter", "tasks"} - {"links"}))
# A permission, an address by its name, a template, a task, a module.
NAME = re.compile(rf"(?:admin:|/?admin/)?(?:{OTHERS})[.:_/]\w")
TAG = re.compile(r"\{%\s*(load|url|include|extends)\s+([^%]*)%\}")
KNOWN_LIBRARIES = {"i18n", "static", "admin_urls", "admin_modify"}

CODE = sorted(Path(apps.get_app_config("links").path).rglob("*.py"))
TEMPLATES = sorted(
    path
    for folder in ("links", "admin/links")
    for path in (Path(settings.BASE_DIR) / "templates" / folder).rglob("*.*")
)


def texts(path: Path) -> list[str]:
    """Return the string constants of a module, but for docstrings and comments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    ]


@pytest.mark.parametrize("path", CODE, ids=str)
def test_code_names_nothing_of_another_app(path: Path) -> None:
    assert [text for text in texts(path) if NAME.match(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_templates_use_nothing_of_another_app(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    for tag, words in TAG.findall(source):
        if tag == "load":
            assert set(words.split()) <= KNOWN_LIBRARIES
        else:
            assert not re.search(rf"\b(?:{OTHERS})[._:/]", words), words
    assert "perms." not in source, "the view asks access, and says what it answers"
