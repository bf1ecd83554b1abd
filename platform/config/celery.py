"""The Celery application. Tasks are declared with `jobs.tasks.cpu_task` and `gpu_task`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("negatoscope")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
