"""Validation of an organization: an unknown country, region or time zone is refused with a hint."""

import pytest
from django.core.exceptions import ValidationError

from foundation.accounts.models import Organization


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"country": "XX"}, "country", "ISO 3166"),
        ({"country": "ES", "region": "ZZ"}, "region", "MD"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "America/Mexico_City"),
    ],
)
def test_a_place_without_known_holidays_or_zone_is_refused(
    values: dict[str, str], field: str, words: str
) -> None:
    organization = Organization(
        **{"name": "Company", "slug": "company", "time_zone": "Europe/Madrid", **values}
    )

    with pytest.raises(ValidationError) as refused:
        organization.full_clean(validate_unique=False, validate_constraints=False)

    assert words in str(refused.value.message_dict[field])
