"""Pages of no door: health, files, the checker, and the login library's own."""

from tests.architecture.permissions.roles import (
    EVERYBODY,
    NOBODY,
    READERS,
    SEES_TICKETS,
    SIGNED_IN,
    Roles,
)

TABLE: dict[str, Roles] = {
    "home": SIGNED_IN,
    "healthz": EVERYBODY,
    "readyz": EVERYBODY,
    "language": EVERYBODY,
    "verify": EVERYBODY,
    "certificate": EVERYBODY,
    "sensitive": SIGNED_IN,
    "preview": SIGNED_IN,
    "original_message": READERS | SEES_TICKETS,
    "original_ticket": READERS | SEES_TICKETS,
    "attachment": READERS | SEES_TICKETS,
    "account_login": EVERYBODY,
    "account_signup": EVERYBODY,  # says that sign-up is closed
    "account_inactive": EVERYBODY,
    "account_reset_password": EVERYBODY,
    "account_reset_password_done": EVERYBODY,
    "account_reset_password_from_key": EVERYBODY,
    "account_reset_password_from_key_done": EVERYBODY,
    # An address is changed in the configuration, on the record.
    "account_email": NOBODY,
    "account_confirm_email": NOBODY,
    "account_email_verification_sent": NOBODY,
    "^accounts/confirm-email/.*$": NOBODY,
}
PATTERNS: tuple[tuple[str, Roles], ...] = (
    ("account_*", SIGNED_IN),
    ("mfa_*", SIGNED_IN),
)
