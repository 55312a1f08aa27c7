"""What a person of the desk saves under a name, for themselves, a group or everybody."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import Team


class Audience(models.TextChoices):
    MINE = "mine", _("Only me")
    GROUP = "group", _("A group")
    PUBLIC = "public", _("Everybody at the desk")


class Shared(models.Model):
    """The owner, the name and the audience. ``team`` is that of the audience ``GROUP``."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("owner"),
    )
    name = models.CharField(_("name"), max_length=60)
    audience = models.CharField(
        _("for whom"), max_length=6, choices=Audience, default=Audience.MINE
    )
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("group")
    )
    created_at = models.DateTimeField()

    class Meta:
        abstract = True
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("owner", "name"), name="%(class)s_unique"),
            models.CheckConstraint(
                condition=models.Q(audience="group", team__isnull=False)
                | (~models.Q(audience="group") & models.Q(team__isnull=True)),
                name="%(class)s_group_has_team",
            ),
        )

    def __str__(self) -> str:
        return self.name


class SavedView(Shared):
    """A list of the queue: ``query`` is its filters, order and columns, as they stand in the
    address.
    """

    query = models.CharField(max_length=500)

    class Meta(Shared.Meta):
        pass


class SavedReply(Shared):
    """A text that is written often, with placeholders (``tickets.placeholders``). A customer who
    reads English gets ``body_en`` where there is one.
    """

    body_es = models.TextField(_("text in Spanish"))
    body_en = models.TextField(_("text in English"), blank=True)

    class Meta(Shared.Meta):
        pass
