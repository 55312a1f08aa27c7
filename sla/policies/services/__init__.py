"""Services that write policies."""

from sla.policies.services.exchange import export_terms, import_terms
from sla.policies.services.publishing import (
    check_targets,
    check_version,
    lock_organization,
    number_version,
    publish_policy,
)

__all__ = [
    "check_targets",
    "check_version",
    "export_terms",
    "lock_organization",
    "import_terms",
    "number_version",
    "publish_policy",
]
