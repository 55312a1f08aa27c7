from rest_framework.routers import SimpleRouter

from api.audits.views import AuditViewSet

router = SimpleRouter()
router.register("audits", AuditViewSet, basename="audit")
urlpatterns = router.urls
