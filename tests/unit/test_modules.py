"""Which file an import statement means, seen from the file that has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from qscache_lint.project.modules import ModuleIndex
from qscache_lint.source.tree import SourceTree


def _index(files: str) -> ModuleIndex:
    return ModuleIndex(SourceTree(Path(), tuple(files.split())))


PACKAGE = "shop/__init__.py shop/models.py shop/admin/__init__.py shop/admin/views.py main.py"
SRC = "src/shop/__init__.py src/shop/models.py tests/test_shop.py tests/helpers.py"
SPACES = "space/shop/models.py space/shop/views.py main.py"
SITES = (
    "one/manage.py one/shop/__init__.py one/only_one.py two/manage.py two/shop/__init__.py two/only_two.py shared.py"
)
ALIKE = "site/manage.py site/extra.py site_clean/manage.py site_clean/shop.py"
SPREAD = "libs/core/src/acme/stock/queries.py libs/web/src/acme/web/views.py tests/test_web.py"
COPIES = "north/src/acme/queries.py south/src/acme/queries.py tests/test_acme.py"
BOTH = "apps/__init__.py apps/manage.py apps/users/__init__.py apps/users/models.py apps/news/views.py"
INSIDE = "shop/__init__.py shop/plugins/prices/rules.py shop/orders/views.py tests/test_shop.py"
APPS = (
    "one/__init__.py one/apps/shop/models.py one/apps/news/models.py "
    "two/__init__.py two/urls.py two/apps/shop/models.py tests/test_news.py"
)
AROUND = "apps/__init__.py apps/shop/__init__.py apps/shop/models.py apps/news/__init__.py apps/news/views.py main.py"
DJANGO = "django/manage.py django/shop/models.py django/core/checks.py"
VENDORED = "django/__init__.py django/core/__init__.py django/core/cache.py shop.py"
STANDARD = "tools/queue.py tools/run.py shop/views.py apps/profile/__init__.py apps/profile/models.py"
NESTED = "manage.py shop.py demo/manage.py demo/only_demo.py"


@pytest.mark.parametrize(
    ("files", "importer", "dotted", "level", "expected"),
    [
        pytest.param(PACKAGE, "main.py", "django.db", 0, None, id="outside-the-project"),
        pytest.param(PACKAGE, "main.py", "shop.orders", 0, None, id="no-such-module"),
        pytest.param(PACKAGE, "shop/models.py", "models", 0, None, id="no-implicit-relative-import"),
        pytest.param(PACKAGE, "main.py", "shop", 0, "shop/__init__.py", id="package"),
        pytest.param(PACKAGE, "main.py", "shop.models", 0, "shop/models.py", id="module"),
        pytest.param(PACKAGE, "shop/admin/views.py", "shop.models", 0, "shop/models.py", id="absolute-from-inside"),
        pytest.param("a.py a/__init__.py m.py", "m.py", "a", 0, "a/__init__.py", id="package-before-module"),
        pytest.param(PACKAGE, "shop/models.py", "admin", 1, "shop/admin/__init__.py", id="relative"),
        pytest.param(PACKAGE, "shop/admin/views.py", "models", 2, "shop/models.py", id="relative-two-dots"),
        pytest.param(PACKAGE, "shop/admin/views.py", "", 1, "shop/admin/__init__.py", id="relative-own-package"),
        pytest.param(PACKAGE, "shop/admin/__init__.py", "views", 1, "shop/admin/views.py", id="relative-from-package"),
        pytest.param(PACKAGE, "shop/models.py", "orders", 1, None, id="relative-no-such-module"),
        pytest.param(SRC, "tests/test_shop.py", "shop.models", 0, "src/shop/models.py", id="src-layout"),
        pytest.param(SRC, "tests/test_shop.py", "helpers", 0, "tests/helpers.py", id="beside-the-importer"),
        pytest.param(SRC, "src/shop/models.py", "src.shop", 0, "src/shop/__init__.py", id="src-as-a-namespace"),
        pytest.param(SPACES, "main.py", "space.shop.models", 0, "space/shop/models.py", id="namespace-package"),
        pytest.param(SPACES, "main.py", "space.shop", 0, "space/shop/", id="namespace-package-itself"),
        pytest.param(SPACES, "space/shop/views.py", "models", 1, "space/shop/models.py", id="namespace-relative"),
        pytest.param(SPREAD, "tests/test_web.py", "acme", 0, None, id="a-single-name-may-be-a-distribution"),
        pytest.param(COPIES, "tests/test_acme.py", "acme.queries", 0, None, id="two-roots-have-it"),
        pytest.param(
            SPREAD, "tests/test_web.py", "acme.web.views", 0, "libs/web/src/acme/web/views.py", id="namespace-in-src"
        ),
        pytest.param(
            SPREAD,
            "libs/web/src/acme/web/views.py",
            "acme.stock.queries",
            0,
            "libs/core/src/acme/stock/queries.py",
            id="namespace-over-two-roots",
        ),
        pytest.param(
            SPREAD, "libs/web/src/acme/web/views.py", "acme", 0, "libs/web/src/acme/", id="namespace-nearest-first"
        ),
        pytest.param(SITES, "one/shop/__init__.py", "shop", 0, "one/shop/__init__.py", id="own-site-one"),
        pytest.param(SITES, "two/shop/__init__.py", "shop", 0, "two/shop/__init__.py", id="own-site-two"),
        pytest.param(SITES, "one/shop/__init__.py", "only_two", 0, None, id="another-site-is-not-seen"),
        pytest.param(SITES, "two/shop/__init__.py", "only_one", 0, None, id="another-site-is-not-seen-either-way"),
        pytest.param(SITES, "two/shop/__init__.py", "shared", 0, "shared.py", id="what-is-shared-is-seen"),
        pytest.param(ALIKE, "site_clean/shop.py", "extra", 0, None, id="a-site-whose-name-starts-the-same"),
        pytest.param(ALIKE, "site/extra.py", "shop", 0, None, id="a-site-whose-name-goes-on"),
        pytest.param(NESTED, "demo/only_demo.py", "shop", 0, "shop.py", id="an-inner-site-sees-the-outer-one"),
        pytest.param(NESTED, "shop.py", "only_demo", 0, None, id="the-outer-site-does-not-see-the-inner-one"),
        pytest.param(BOTH, "apps/news/views.py", "users.models", 0, "apps/users/models.py", id="site-and-package"),
        pytest.param(BOTH, "apps/news/views.py", "apps.users", 0, "apps/users/__init__.py", id="package-and-site"),
        pytest.param(
            INSIDE, "shop/orders/views.py", "prices.rules", 0, "shop/plugins/prices/rules.py", id="inside-the-package"
        ),
        pytest.param(INSIDE, "tests/test_shop.py", "prices.rules", 0, "shop/plugins/prices/rules.py", id="last-resort"),
        pytest.param(INSIDE, "tests/test_shop.py", "prices", 0, "shop/plugins/prices/", id="last-resort-namespace"),
        pytest.param(APPS, "tests/test_news.py", "news.models", 0, "one/apps/news/models.py", id="only-one-has-it"),
        pytest.param(APPS, "tests/test_news.py", "shop.models", 0, None, id="two-packages-have-it"),
        pytest.param(APPS, "two/urls.py", "shop.models", 0, "two/apps/shop/models.py", id="the-own-package-has-it"),
        pytest.param(AROUND, "apps/news/views.py", "shop.models", 0, "apps/shop/models.py", id="beside-its-package"),
        pytest.param(AROUND, "apps/news/views.py", "shop", 0, None, id="beside-it-may-be-a-distribution"),
        pytest.param(AROUND, "main.py", "shop.models", 0, None, id="not-beside-the-importer"),
        pytest.param(DJANGO, "django/shop/models.py", "django.core.checks", 0, None, id="a-directory-is-not-django"),
        pytest.param(DJANGO, "django/shop/models.py", "core.checks", 0, "django/core/checks.py", id="inside-of-it"),
        pytest.param(VENDORED, "shop.py", "django.core.cache", 0, "django/core/cache.py", id="a-package-is-django"),
        pytest.param(STANDARD, "shop/views.py", "queue", 0, None, id="the-standard-library-first"),
        pytest.param(STANDARD, "shop/views.py", "profile.models", 0, "apps/profile/models.py", id="a-package-hides-it"),
        pytest.param(STANDARD, "tools/run.py", "queue", 0, "tools/queue.py", id="beside-the-script"),
    ],
)
def test_the_file_that_an_import_means(
    files: str, importer: str, dotted: str, level: int, expected: str | None
) -> None:
    assert _index(files).resolve(importer, dotted, level) == expected


def test_without_guesses_the_inside_of_packages_is_theirs() -> None:
    index = ModuleIndex(SourceTree(Path(), tuple(INSIDE.split())), guesses=False)
    assert index.resolve("tests/test_shop.py", "prices.rules", 0) is None
    assert index.resolve("shop/orders/views.py", "prices.rules", 0) == "shop/plugins/prices/rules.py"


def test_dots_beyond_the_top_mean_nothing() -> None:
    assert _index("a/__init__.py a/m.py b.py").resolve("a/m.py", "nowhere", 4) is None


@pytest.mark.parametrize(
    ("files", "package", "name", "expected"),
    [
        pytest.param(PACKAGE, "shop/models.py", "admin", None, id="a-module-has-none"),
        pytest.param(PACKAGE, "shop/__init__.py", "orders", None, id="no-such-module"),
        pytest.param(PACKAGE, "shop/__init__.py", "models", "shop/models.py", id="module"),
        pytest.param(PACKAGE, "shop/__init__.py", "admin", "shop/admin/__init__.py", id="package"),
        pytest.param(SPACES, "space/", "shop", "space/shop/", id="namespace-package"),
        pytest.param("__init__.py models.py", "__init__.py", "models", "models.py", id="the-root-is-a-package"),
    ],
)
def test_the_file_of_a_submodule(files: str, package: str, name: str, expected: str | None) -> None:
    assert _index(files).submodule(package, name) == expected


@pytest.mark.parametrize(
    ("files", "path", "expected"),
    [
        pytest.param(SITES, "shared.py", None, id="shared"),
        pytest.param(SITES, "one/shop/__init__.py", "one", id="inside"),
        pytest.param(NESTED, "demo/only_demo.py", "demo", id="the-nearest"),
        pytest.param(ALIKE, "site_clean/shop.py", "site_clean", id="a-name-that-starts-the-same"),
    ],
)
def test_the_site_of_a_file(files: str, path: str, expected: str | None) -> None:
    assert _index(files).site(path) == expected
