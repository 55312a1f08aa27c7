from rest_framework.routers import SimpleRouter

from api.recurring.views import RecurrenceViewSet

router = SimpleRouter()
router.register("recurrences", RecurrenceViewSet, basename="recurrence")
urlpatterns = router.urls
