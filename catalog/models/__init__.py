"""The models of this app, one module per subject."""

from catalog.models.contracts import (
    Contract,
    ContractRow,
    ContractService,
    ContractVersion,
    MatrixVersion,
    TimeAsked,
    matrix_cells,
)
from catalog.models.services import (
    Category,
    FieldType,
    Offered,
    RequestTemplate,
    Service,
    TemplateField,
    in_language,
)

__all__ = [
    "Category",
    "Contract",
    "ContractRow",
    "ContractService",
    "ContractVersion",
    "FieldType",
    "MatrixVersion",
    "Offered",
    "RequestTemplate",
    "Service",
    "TemplateField",
    "TimeAsked",
    "in_language",
    "matrix_cells",
]
