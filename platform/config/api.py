"""The REST API: every app's endpoints under one versioned root."""

from itertools import chain

from rest_framework.routers import SimpleRouter

import evaluation.api
import generation.api
import images.api
import reader_study.api.studies

router = SimpleRouter()
for prefix, viewset in chain(
    images.api.routes, generation.api.routes, evaluation.api.routes, reader_study.api.studies.routes
):
    router.register(prefix, viewset, basename=f"api-{prefix}")

urlpatterns = router.urls
