from django.urls import path
from rest_framework.routers import SimpleRouter

from api.tickets.macros import MacroViewSet
from api.tickets.saved_views import SavedViewViewSet
from api.tickets.signature import SignatureView
from api.tickets.tasks import ChecklistViewSet
from api.tickets.views import TicketViewSet

router = SimpleRouter()
router.register("tickets", TicketViewSet, basename="ticket")
router.register("checklists", ChecklistViewSet, basename="checklist")
router.register("views", SavedViewViewSet, basename="view")
router.register("macros", MacroViewSet, basename="macro")
urlpatterns = [*router.urls, path("signature/", SignatureView.as_view(), name="signature")]
