"""One form for each page of the journey."""

import datetime

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone

POSTCODE = RegexValidator(r"^[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}$", "Enter a full UK postcode")
CONTAINERS = [("refuse", "Rubbish"), ("recycling", "Recycling"), ("food", "Food waste")]


class AddressForm(forms.Form):
    """Where the bin stands."""

    line1 = forms.CharField(label="Address line 1", max_length=200)
    line2 = forms.CharField(label="Address line 2 (optional)", max_length=200, required=False)
    town = forms.CharField(label="Town or city", max_length=200)
    postcode = forms.CharField(label="Postcode", max_length=10, validators=[POSTCODE])


class ContainersForm(forms.Form):
    """Which bins were missed."""

    containers = forms.MultipleChoiceField(label="Which bins were missed?", choices=CONTAINERS)


class MissedOnForm(forms.Form):
    """When they should have been collected."""

    day = forms.IntegerField(label="Day", min_value=1, max_value=31)
    month = forms.IntegerField(label="Month", min_value=1, max_value=12)
    year = forms.IntegerField(label="Year", min_value=2000, max_value=2100)

    def clean(self):
        """A real date, today or in the past."""
        given = super().clean()
        if self.errors:
            return given
        try:
            missed_on = datetime.date(given["year"], given["month"], given["day"])
        except ValueError:
            raise forms.ValidationError("The date must be a real date") from None
        if missed_on > timezone.now().date():
            raise forms.ValidationError("The collection date must be today or in the past")
        return given | {"missed_on": missed_on.isoformat()}


class ContactForm(forms.Form):
    """How to reach the person."""

    name = forms.CharField(label="Full name", max_length=200)
    email = forms.EmailField(label="Email address (optional)", required=False)
    phone = forms.CharField(label="Phone number (optional)", max_length=30, required=False)


class CheckForm(forms.Form):
    """Check answers: nothing to give but the press of a button."""
