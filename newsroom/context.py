"""What every template knows."""

from django.conf import settings

from articles.languages import direction


def site(request):
    """Return the site's name and language, the same for every reader."""
    return {
        "site_name": settings.SITE_NAME,
        "site_language": settings.LANGUAGE_CODE,
        "site_direction": direction(settings.LANGUAGE_CODE) or "ltr",
    }
