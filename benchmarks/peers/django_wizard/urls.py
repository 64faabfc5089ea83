"""The addresses of the journey."""

from django.urls import path

from .views import MissedBin, start

wizard = MissedBin.as_view(url_name="step", done_step_name="done")

urlpatterns = [
    path("missed-bin", start, name="start"),
    path("missed-bin/<slug:step>", wizard, name="step"),
]
