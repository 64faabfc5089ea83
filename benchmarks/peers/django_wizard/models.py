"""What a submission leaves: the case, its delivery, its measure."""

from django.db import models


class Case(models.Model):
    """A submitted journey."""

    reference = models.CharField(max_length=20, unique=True)
    answers = models.JSONField()
    submitted_at = models.DateTimeField(auto_now_add=True)


class Delivery(models.Model):
    """One case on its way to one back office."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE)
    connector = models.CharField(max_length=40)
    due_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)


class Measure(models.Model):
    """One completed journey, for the figures."""

    service = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    seconds = models.IntegerField()
    at = models.DateTimeField(auto_now_add=True)
