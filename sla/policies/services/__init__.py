"""Services that write policies."""

from sla.policies.services.exchange import export_terms, import_terms
from sla.policies.services.publishing import (
    check_targets,
    check_version,
    number_version,
    publish_policy,
)

__all__ = [
    "check_targets",
    "check_version",
    "export_terms",
    "import_terms",
    "number_version",
    "publish_policy",
]
