"""Personas: an administrator, a reviewer, and somebody who may look but not touch."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse


def _signed_in(user):
    client = Client()
    client.force_login(user)
    client.user = user
    return client


def _staff(name, *codenames):
    user = User.objects.create_user(name, password=None, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def member_of(group):
    user = _staff(group.replace(" ", "-").lower())
    user.groups.add(Group.objects.get(name=group))
    return _signed_in(user)


@pytest.fixture
def administrator(db):
    return _signed_in(User.objects.create_superuser("root", password=None))


@pytest.fixture
def reviewer(db):
    return _signed_in(_staff("rita", "view_reviewcase", "decide_reviewcase", "view_enrollment", "view_utility"))


@pytest.fixture
def onlooker(db):
    viewing = Permission.objects.filter(codename__startswith="view_").values_list("codename", flat=True)
    return _signed_in(_staff("otto", *viewing))


@pytest.fixture
def carry_out():
    """Posts a verb's form, and gives the final page with its messages."""

    def post(client, subject, verb, /, **given):
        options = subject._meta
        url = reverse(f"admin:{options.app_label}_{options.model_name}_verb", args=(subject.pk, verb))
        return client.post(url, given, follow=True)

    return post


@pytest.fixture
def said():
    return lambda response: [str(message) for message in response.context["messages"]]
