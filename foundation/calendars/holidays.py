"""Public holidays of a country, from a kept library. Pure."""

from datetime import date

import holidays


def public_holidays(country: str, region: str, first_year: int, last_year: int) -> dict[str, str]:
    """Return ISO date -> name (Spanish where the library has it); empty for a country the library
    does not know.
    """
    years = range(first_year, last_year + 1)
    try:
        found = holidays.country_holidays(
            country, subdiv=region or None, years=years, language="es"
        )
    except NotImplementedError:
        return {}
    return {day.isoformat(): name for day, name in sorted(found.items()) if isinstance(day, date)}
