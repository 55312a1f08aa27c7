from rest_framework.routers import SimpleRouter

from api.tickets.views import TicketViewSet

router = SimpleRouter()
router.register("tickets", TicketViewSet, basename="ticket")
urlpatterns = router.urls
