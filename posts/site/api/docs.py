"""The documentation of the API: a page of the site, made of the schema, with no script at all."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from posts.publishing.describing import absolute
from posts.site.shell import kept, page

EXAMPLES = {
    "/api/v1/posts": "?limit=5",
    "/api/v1/items": "?limit=5",
}


class PlainDocs(DocsBase):
    """The library's own page fetches its script from another host, which our policy forbids."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        """Return the operations with their parameters and what they answer."""
        return HttpResponse(kept(_page, api, self.get_openapi_url(api, {}), request.path))


def _page(api: NinjaAPI, schema_path: str, path: str) -> bytes:
    operations, answers = _read(api)
    context = {"operations": operations, "answers": answers, "schema_url": absolute(schema_path)}
    return page("api", context, path=path).content


def _read(api: NinjaAPI) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the operations, and the objects that answers are made of."""
    schema = api.get_openapi_schema()
    operations = [
        {
            "path": path,
            "summary": said["summary"],
            "description": said.get("description", ""),
            "parameters": [_parameter(one) for one in said.get("parameters", ())],
            "answer": _answer(said),
            "example": f"{path}{EXAMPLES.get(path, '')}" if "{" not in path else "",
        }
        for path, methods in schema["paths"].items()
        for said in methods.values()
    ]
    objects = [
        {
            "name": name,
            "description": said.get("description", ""),
            "fields": [_field(*one) for one in said.get("properties", {}).items()],
        }
        for name, said in sorted(schema["components"]["schemas"].items())
    ]
    return operations, objects


def _parameter(said: dict[str, Any]) -> dict[str, str]:
    schema = said["schema"]
    kinds = [one["type"] for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    bounds = [f"{schema['minimum']}–{schema['maximum']}"] if "minimum" in schema else []
    return {
        "name": said["name"],
        "kind": " ".join([*kinds, *bounds]),
        "description": said.get("description") or schema.get("description", ""),
    }


def _answer(said: dict[str, Any]) -> str:
    found = said["responses"][200]["content"]["application/json"]["schema"]
    return str(found["$ref"]).rpartition("/")[2]


def _field(name: str, said: dict[str, Any]) -> dict[str, str]:
    kinds = [_kind(one) for one in said.get("anyOf", [said])]
    return {"name": name, "kind": " | ".join(kinds), "description": said.get("description", "")}


def _kind(said: dict[str, Any]) -> str:
    if "$ref" in said:
        return str(said["$ref"]).rpartition("/")[2]
    if said.get("type") == "array":
        return f"[{_kind(said['items'])}]"
    return str(said.get("format") or said.get("type", ""))
