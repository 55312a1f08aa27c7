from rest_framework.routers import SimpleRouter

from api.tickets.macros import MacroViewSet
from api.tickets.tasks import ChecklistViewSet
from api.tickets.views import TicketViewSet

router = SimpleRouter()
router.register("tickets", TicketViewSet, basename="ticket")
router.register("checklists", ChecklistViewSet, basename="checklist")
router.register("macros", MacroViewSet, basename="macro")
urlpatterns = router.urls
