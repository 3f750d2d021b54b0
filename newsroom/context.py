"""What every template knows."""

from django.conf import settings


def site(request):
    """Return the site's name and language, the same for every reader."""
    return {"site_name": settings.SITE_NAME, "site_language": settings.LANGUAGE_CODE}
