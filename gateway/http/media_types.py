"""Content negotiation of GraphQL over HTTP: which media type to answer in, and which bodies are JSON."""

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"


def response_media_type(accept: str) -> str | None:
    """The media type to answer in, None if nothing we speak is acceptable.

    The newer type is used where the client names it and prefers nothing else. Clients that accept anything, or
    say nothing, get application/json: they may be older than the newer type.
    """
    ranges = _qualities(accept) if accept.strip() else {JSON: 1.0}
    newer, older = _quality(ranges, GRAPHQL_RESPONSE), _quality(ranges, JSON)
    if newer > older or (newer == older > 0 and GRAPHQL_RESPONSE in ranges):
        return GRAPHQL_RESPONSE
    return JSON if older else None


def is_json(content_type: str) -> bool:
    """Whether a body of this `Content-Type` is JSON in UTF-8."""
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [value.strip('"') for name, _, value in map(_pair, parameters) if name == "charset"]
    return media_type == JSON and all(charset in ("utf-8", "utf8") for charset in charsets)


def _qualities(accept: str) -> dict[str, float]:
    qualities: dict[str, float] = {}
    for item in accept.lower().split(","):
        media_range, *parameters = (part.strip() for part in item.split(";"))
        quality = next((value for name, _, value in map(_pair, parameters) if name == "q"), "1")
        qualities[media_range] = _weight(quality)
    return qualities


def _quality(ranges: dict[str, float], media_type: str) -> float:
    """The quality by the most specific range that covers `media_type` (RFC 9110, 12.5.1)."""
    covering = (media_type, "application/*", "*/*")
    return next((ranges[media_range] for media_range in covering if media_range in ranges), 0)


def _pair(parameter: str) -> tuple[str, str, str]:
    name, equals, value = parameter.partition("=")
    return name.strip(), equals, value.strip()


def _weight(quality: str) -> float:
    try:
        return min(max(float(quality), 0), 1)
    except ValueError:
        return 0
