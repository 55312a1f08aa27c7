"""Checks of the source text: widths, sizes, references, one assignment a line."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
PYTHON_COLUMNS = 100
TEMPLATE_COLUMNS = 160
FILE_LINES = 400
FUNCTION_LINES = 60
# Lists of rows and acts, read from top to bottom.
LONG_FUNCTIONS = {
    "tests/support/world.py:world",
    "tests/audits/test_permissions.py:_acts",
}


def files(*patterns: str) -> list[Path]:
    """Return the repository's files that fit, as git knows them or as they lie in a copy."""
    found = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True)
    if found.returncode == 0 and found.stdout:
        return [ROOT / name for name in found.stdout.split("\n") if name and (ROOT / name).exists()]
    skipped = {".venv", "var", "node_modules", "__pycache__"}
    return [
        path
        for pattern in patterns
        for path in ROOT.rglob(pattern.rpartition("/")[2])
        if path.is_file() and not skipped & set(path.relative_to(ROOT).parts)
    ]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def python_files() -> list[Path]:
    return [*files("*.py"), ROOT / "mesa"]


def wide_lines(paths: list[Path], columns: int) -> list[str]:
    return [
        f"{name_of(path)}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > columns
    ]


def test_python_lines_end_at_100_columns() -> None:
    assert wide_lines(python_files(), PYTHON_COLUMNS) == []


def test_template_lines_end_at_160_columns() -> None:
    templates = [path for path in files("*.html") if "notifications" not in path.parts]

    assert wide_lines(templates, TEMPLATE_COLUMNS) == []


def test_no_file_outgrows_a_sitting() -> None:
    """Except migrations: Django generates them, and nobody reads them from top to bottom."""
    long = [
        name_of(path)
        for path in [*python_files(), *files("*.html", "*.css", "*.js")]
        if "migrations" not in path.parts
        and path.read_text(encoding="utf-8").count("\n") > FILE_LINES
    ]

    assert long == []


def test_no_function_outgrows_a_screen() -> None:
    long = {
        f"{name_of(path)}:{node.name}"
        for path in python_files()
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
    }

    assert long - LONG_FUNCTIONS == set()


def test_one_assignment_a_line_but_for_swaps() -> None:
    def is_swap(node: ast.Assign) -> bool:
        target = node.targets[0]
        assert isinstance(target, ast.Tuple)
        assert isinstance(node.value, ast.Tuple)
        left = {ast.unparse(each) for each in target.elts}
        return left == {ast.unparse(each) for each in node.value.elts}

    guilty = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Tuple)
        and isinstance(node.value, ast.Tuple)
        and not is_swap(node)
    ]

    assert guilty == []


def test_styles_hold_one_declaration_a_line() -> None:
    guilty = [
        f"{name_of(path)}:{number}"
        for path in files("static/css/*.css", "static/css/**/*.css")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line.rstrip().count(";") > 1 or re.search(r"\{[^}]*:[^}]*\}", line)
    ]

    assert guilty == []


def test_tests_import_from_support_and_never_from_each_other() -> None:
    guilty = [
        name_of(path)
        for path in files("tests/*.py", "tests/**/*.py")
        if re.search(r"from tests\.[a-z_.]*test_", path.read_text(encoding="utf-8"))
        and path != Path(__file__)
    ]

    assert guilty == []


REFERENCES = {
    "SPEC": ("docs/spec.md", r"\bSPEC (\d+(?:\.\d+)?)", r"^(?:#+ |\*\*|- \*\*)?{0}\b"),
    "DECISIONS": ("docs/decisions.md", r"\bDECISIONS (\d+)", r"^{0}\. "),
}


@pytest.mark.parametrize("kind", REFERENCES)
def test_references_lead_to_a_numbered_line(kind: str) -> None:
    document, cited, numbered = REFERENCES[kind]
    text = (ROOT / document).read_text(encoding="utf-8")
    numbers = {
        number
        for path in [*python_files(), *files("*.html", "*.md"), ROOT / ".env.example"]
        for number in re.findall(cited, path.read_text(encoding="utf-8"))
    }

    missing = {
        number
        for number in numbers
        if not re.search(numbered.format(re.escape(number)), text, re.MULTILINE)
    }
    assert numbers
    assert missing == set()


# Words that customers misread or that have another word in the product, and what to write.
REPLACED_WORDS = {
    r"demora\w*": "retraso",
    r"exenci(ón|ones)": "autorización de excepción",
    r"sustitut[oa]s?": "suplente",
    r"relojes": "tiempos",
    r"feriados?": "festivo",
    r"(horario|calendario)s? hábil(es)?": "laboral",
    r"nadie de turno": "nadie en turno",
    r"inválid[oa]s?": "no procede",
    r"informes?": "reporte",
    r"ocupad[oa]s?": "ya está registrado",
    r"en por ciento": "en porcentaje",
    r"sin dar": "no se dio",
    r"vínculos?|ligas?": "enlace",
    r"confirme (en|que)": "acuse recibo",
    r"en marcha": "en curso",
    r"vigentes?": "en vigor",
    r"promesas?": "compromiso",
    r"tardíos?": "incumplido, fuera de tiempo",
    r"tarde": "fuera de tiempo",
    r"compromisos": "tiempos comprometidos",
    r"de quién es el turno": "quién tiene la pelota",
    r"cuenta completa": "desglose completo",
    r"pregunta de nuevo": "se actualiza sola",
    r"como rige": "sin cambio",
    r"la política de abajo": "la política general que le sigue",
    r"correo saliente": "bandeja de salida",
    r"responsable en la mesa": "seguimiento en la mesa",
    r"que lleguen? obliga|obliga a los tickets": "aplica a los tickets que lleguen",
    r"los filtros ocultan todo": "ningún ticket coincide con los filtros",
    r"clase": "tipo",
    r"retirad[oa](?! (por la mesa|al nivel))": "sin efecto",
    r"responsable": "asignado a",
}


def test_spanish_texts_avoid_the_words_that_were_replaced() -> None:
    with (ROOT / "locale/es/LC_MESSAGES/django.po").open("rb") as source:
        strings = [message.string for message in read_po(source, locale="es") if message.id]
    texts = [text for each in strings for text in ([each] if isinstance(each, str) else each)]
    guilty = [
        f"{text!r}: write {word!r}"
        for pattern, word in REPLACED_WORDS.items()
        for text in texts
        if re.search(rf"\b({pattern})\b", text, re.IGNORECASE)
    ]

    assert len(texts) > 1000
    assert guilty == []


def test_an_adr_begins_with_its_status() -> None:
    kinds = r"accepted|accepted; ADR \d+ replaces its reason|superseded by ADR \d+"
    status = re.compile(rf"# \d+\. .+\n\nStatus: ({kinds})\. \d{{4}}-\d\d-\d\d\.\n\n")
    assert [
        path.name for path in files("docs/adr/*.md") if not status.match(path.read_text())
    ] == []


def test_references_to_adrs_lead_to_a_file() -> None:
    kept = {int(path.name[:4]) for path in files("docs/adr/*.md")}
    cited = {
        int(number)
        for path in [*python_files(), *files("docs/*.md")]
        for number in re.findall(r"\bADR (\d+)", path.read_text(encoding="utf-8"))
    }

    assert cited - kept == set()
