from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.roles import StaffRole


class RoleGrant(models.Model):
    """A role that one person asked for another, and that a third has to confirm. ``is_granted`` is
    None until then.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=20, choices=StaffRole)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    is_granted = models.BooleanField(null=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("person", "role"),
                condition=models.Q(is_granted__isnull=True),
                name="role_grant_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(decided_by=models.F("asked_by"))
                & ~models.Q(decided_by=models.F("person")),
                name="role_grant_two_persons",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} {self.role}"
