"""How a picture is sent."""

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers


def png_response(data: bytes) -> HttpResponse:
    """A PNG that the person's own browser may keep for good, and no proxy: its address never shows other pixels."""
    response = HttpResponse(data, content_type="image/png")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    patch_vary_headers(response, ["Cookie", "Authorization"])
    return response
