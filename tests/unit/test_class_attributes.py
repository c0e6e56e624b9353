"""A cached QuerySet in the body of a view: the framework refines it each time, others may read its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.projects import QUERIES, lay, plan

VIEWS = """from django.views.generic import ListView

from shop.queries import recent_items


class Items(ListView):
    queryset = recent_items()
    paginate_by = 20


def hand_on(send):
    send(recent_items())
"""

BY_OTHERS = {
    "nothing": "",
    "an attribute of the name": "from django.forms import Form\n\n\nclass Choice(Form):\n"
    "    def choose(self):\n        return self.queryset\n",
    "a keyword": "from shop.views import Items\n\nview = Items.as_view(queryset=None)\n",
}

READ = {
    "of the class": "from shop.views import Items\n\n\ndef titles():\n    return list(Items.queryset)\n",
    "of a class below": "from shop.views import Items\n\n\nclass Few(Items):\n"
    "    def titles(self):\n        return [item.title for item in self.queryset]\n",
    "of something": "def titles(view):\n    return list(view.queryset)\n",
    "by its name": 'def titles(view):\n    return list(getattr(view, "queryset"))\n',
}


def is_safe(root: Path, other: str) -> bool:
    """Whether the view gets the builder by a safe repair."""
    lay(root, {"shop/queries.py": QUERIES, "shop/views.py": VIEWS, "shop/other.py": other})
    changes = plan(root, unsafe=False).changes
    return any("queryset = recent_items_queryset()" in change.new for change in changes)


@pytest.mark.parametrize("other", BY_OTHERS.values(), ids=BY_OTHERS)
def test_the_framework_alone_refines_it(other: str, tmp_path: Path) -> None:
    assert is_safe(tmp_path, other)


@pytest.mark.parametrize("other", READ.values(), ids=READ)
def test_the_project_may_read_its_rows(other: str, tmp_path: Path) -> None:
    assert not is_safe(tmp_path, other)
