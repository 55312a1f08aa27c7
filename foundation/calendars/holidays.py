"""Public holidays of a country, from the ``holidays`` package. Pure."""

from datetime import date

import holidays


def public_holidays(country: str, region: str, first_year: int, last_year: int) -> dict[str, str]:
    """Return ISO date -> name for these years, both included. Names are Spanish where available.

    Returns an empty dict for a country or region that the library does not support.
    """
    years = range(first_year, last_year + 1)
    try:
        found = holidays.country_holidays(
            country, subdiv=region or None, years=years, language="es"
        )
    except NotImplementedError:
        return {}
    return {day.isoformat(): name for day, name in sorted(found.items()) if isinstance(day, date)}
