"""The journey as a session wizard with a page of its own for each step, as formtools offers it."""

import secrets

from django.db import connection, transaction
from django.shortcuts import redirect, render
from formtools.wizard.views import NamedUrlSessionWizardView

from . import forms
from .models import Case, Delivery, Measure

STEPS = [
    ("address", forms.AddressForm),
    ("containers", forms.ContainersForm),
    ("missed-on", forms.MissedOnForm),
    ("contact", forms.ContactForm),
    ("check", forms.CheckForm),
]
QUESTIONS = {
    "address": "What is the address of the property?",
    "containers": "Which bins were missed?",
    "missed-on": "When should they have been collected?",
    "contact": "How can we contact you?",
    "check": "Check your answers",
}


def start(request):
    """The start page; its button begins a new session."""
    if request.method == "POST":
        request.session.create()
        return redirect("step", step="address")
    return render(request, "start.html")


class MissedBin(NamedUrlSessionWizardView):
    """Question pages, check answers and the confirmation."""

    form_list = STEPS

    def get_template_names(self):
        """Each kind of page has its template."""
        return ["check.html" if self.steps.current == "check" else f"{self.steps.current}.html"]

    def get_context_data(self, form, **kwargs):
        """The question and, to check them, the answers."""
        context = super().get_context_data(form=form, **kwargs)
        context["question"] = QUESTIONS[self.steps.current]
        if self.steps.current == "check":
            context["rows"] = [
                (bound.label, given.get(bound.name, ""), step)
                for step, _ in STEPS[:-1]
                if (given := self.get_cleaned_data_for_step(step) or {}) is not None
                for bound in self.get_form(step, data=self.storage.get_step_data(step))
            ]
        return context

    def done(self, form_list, **kwargs):
        """Store the submission and show its reference."""
        reference = submit({name: value for form in form_list for name, value in form.cleaned_data.items()})
        return render(self.request, "done.html", {"reference": reference})


def submit(answers):
    """Case, delivery and measure in one transaction that is on disk before the person sees the reference."""
    reference = secrets.token_hex(5).upper()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set local synchronous_commit = on")
        case = Case.objects.create(reference=reference, answers=answers)
        Delivery.objects.create(case=case, connector="waste")
        Measure.objects.create(service="missed-bin", kind="completed", seconds=120)
    return reference
