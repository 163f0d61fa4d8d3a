"""Puts the API under observation: the façade's set-up, and a context for every request."""

from starlette.types import ASGIApp

import observability as obs
from api.middleware.request_context import RequestContextMiddleware
from product_version import VERSION

SERVICE_NAME = "api"


def observed(app: ASGIApp) -> ASGIApp:
    """Configure the façade from the environment and wrap `app`, from outside all else.

    Raises InvalidConfiguration for an environment variable with a wrong value.
    """
    obs.configure(service_name=SERVICE_NAME, service_version=VERSION, library_logs=True)
    return RequestContextMiddleware(app)
