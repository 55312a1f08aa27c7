"""Through which door a request comes."""

from django.http import HttpRequest

_API = "/api/"


def is_api(request: HttpRequest) -> bool:
    """Tell whether the address belongs to the API, which answers JSON whatever happens."""
    return f"{request.path}/".startswith(_API)
