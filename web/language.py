from django.utils.translation import get_language


def current_language() -> str:
    """Return ``es`` or ``en``: the language of this request, without its region."""
    return "en" if (get_language() or "es").startswith("en") else "es"
