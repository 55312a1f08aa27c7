from rest_framework.routers import SimpleRouter

from api.audits.plans import PlannedAuditViewSet
from api.audits.views import AuditViewSet

router = SimpleRouter()
router.register("audits", AuditViewSet, basename="audit")
router.register("planned-audits", PlannedAuditViewSet, basename="planned-audit")
urlpatterns = router.urls
