"""A closure dict of bytes: pickle.dumps at the miss, pickle.loads at every call."""

import pickle
from functools import wraps

from tests.semantics.newsroom.models import Story


def frozen(func):
    jar = {}

    @wraps(func)
    def inner(*args):
        if args not in jar:
            jar[args] = pickle.dumps(func(*args), protocol=pickle.HIGHEST_PROTOCOL)
        return pickle.loads(jar[args])

    return inner


@frozen
def rows():
    return Story.objects.filter(pk__gt=0)


def call():
    return rows()
