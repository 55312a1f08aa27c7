"""Reads JSON bodies. What the database cannot keep is refused here, with a sentence."""

import json
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """Answers 400 for what is no JSON, with the place, for JSON that is nested too deeply, and for
    characters that are no text: NUL and halves of surrogate pairs.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read()
        try:
            data = super().parse(BytesIO(body), media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deeply.")) from error
        except ParseError as error:
            raise ParseError(_no_json(error.__context__)) from error
        if b"\\u" in body and not _is_text(data):
            raise ParseError(_("The JSON has characters that are no text: NUL or half a pair."))
        return data


def _no_json(error: BaseException | None) -> str:
    if isinstance(error, json.JSONDecodeError):
        return _("This is no JSON: look at line %(line)d, character %(column)d.") % {
            "line": error.lineno,
            "column": error.colno,
        }
    return _("This is no JSON in UTF-8; NaN and Infinity are none either.")


def _is_text(data: Any) -> bool:
    written = json.dumps(data, ensure_ascii=False)
    try:
        written.encode()
    except UnicodeEncodeError:
        return False
    return "\\u0000" not in written
