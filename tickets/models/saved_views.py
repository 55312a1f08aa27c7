"""Lists of the queue that people have saved."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import Team


class SavedViewAudience(models.TextChoices):
    MINE = "mine", _("Only me")
    GROUP = "group", _("A group")
    PUBLIC = "public", _("Everybody at the desk")


class SavedView(models.Model):
    """A list of the queue under a name: ``query`` is its filters, order and columns, as they stand
    in the address.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("owner"),
    )
    name = models.CharField(_("name"), max_length=60)
    audience = models.CharField(
        _("for whom"),
        max_length=6,
        choices=SavedViewAudience,
        default=SavedViewAudience.MINE,
    )
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("group")
    )
    query = models.CharField(max_length=500)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("owner", "name"), name="saved_view_unique"),
            models.CheckConstraint(
                condition=models.Q(audience="group", team__isnull=False)
                | (~models.Q(audience="group") & models.Q(team__isnull=True)),
                name="saved_view_group_has_team",
            ),
        )

    def __str__(self) -> str:
        return self.name
