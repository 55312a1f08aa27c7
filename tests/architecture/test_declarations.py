"""What models and API declare stands in migrations and in the kept schema: a changed option is a
change of both.
"""

import pytest
from django.core.management import call_command
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from tests.support.written import require_as_written


@pytest.mark.once
def test_the_migrations_make_what_the_models_declare(db: None) -> None:
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


@pytest.mark.once
def test_the_api_is_as_its_kept_schema_says() -> None:
    """``MESA_WRITTEN=new ./mesa test tests/architecture/test_declarations.py`` writes it anew."""
    with translation.override("en"):
        schema = SchemaGenerator().get_schema(request=None, public=True)
    text = OpenApiYamlRenderer().render(schema, renderer_context={}).decode()

    require_as_written("schema.yml", text)
