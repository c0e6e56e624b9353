"""The value is an attribute of the request."""

from functools import wraps

from django.http import HttpRequest

from tests.semantics.newsroom.models import Story


def once_a_request(func):
    slot = f"_{func.__name__}"

    @wraps(func)
    def inner(request):
        value = getattr(request, slot, None)
        if value is None:
            value = func(request)
            setattr(request, slot, value)
        return value

    return inner


@once_a_request
def rows(request):
    return Story.objects.filter(pk__gt=0)


def keeper():
    return HttpRequest()


def call(keeper: HttpRequest):
    return rows(keeper)
