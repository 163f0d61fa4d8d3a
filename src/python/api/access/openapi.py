"""What the OpenAPI document says of keys and scopes."""

from typing import Any

from fastapi import FastAPI

from api.access.scopes import MEANING, OPEN, needed_scope, rule_of

_SCHEME = "ApiKey"
_MEANINGS = "; ".join(f"`{scope}`: {meaning}" for scope, meaning in MEANING.items())


def describe_access(app: FastAPI) -> None:
    """Let the OpenAPI document of `app` name the scope that each operation needs."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes[_SCHEME] = {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "nk_…",
            "description": "An API key, as `narralytica keys create` makes it. As long as none was "
            f"made, none is needed on the machine itself. Its scopes: {_MEANINGS}.",
        }
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                rule = rule_of(path)
                if path != OPEN and rule is not None:
                    scope = needed_scope(rule, method.upper())
                    operation["security"] = [{_SCHEME: [scope]}, {}]
        return document

    app.openapi = openapi  # type: ignore[method-assign]
