"""The witness in a server: each case asks a project in a process of its own."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from qscache_lint.witness.records import Recording
from tests.witness.projects import FILES, make, read, run, uses

CLIENT = """
    import asyncio
    import json
    import sys
    import threading

    import django

    django.setup()

    from django.core.management import call_command
    from django.test import AsyncClient, Client
    from garden.models import Bed

    call_command("migrate", run_syncdb=True, verbosity=0)
    Bed.objects.bulk_create(Bed(name=name) for name in "ABC")


    def statuses(*paths):
        client = Client()
        return [client.get(path).status_code for path in paths]


    async def awaited(path, count):
        client = AsyncClient()
        return [response.status_code for response in await asyncio.gather(*(client.get(path) for _ in range(count)))]


    def in_threads(path, count):
        found = []
        threads = [threading.Thread(target=lambda: found.extend(statuses(path))) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found


    """


def _project(root: Path, setting: str, database: str = ":memory:", urls: str = FILES["garden/urls.py"]) -> Path:
    settings = textwrap.dedent(FILES["settings.py"]).replace(":memory:", database)
    settings = settings.replace('["garden"]', '["qscache_lint.witness.staging.WitnessConfig", "garden"]')
    middleware = 'MIDDLEWARE = ["qscache_lint.witness.staging.WitnessMiddleware"]\n'
    written = f"{settings}ALLOWED_HOSTS = ['*']\n{middleware}{setting}\n"
    return make(root, {"settings.py": written, "garden/urls.py": urls})


def _ask(project: Path, code: str) -> Any:
    """What the last line of some code prints, as JSON."""
    done = run(project, "-c", textwrap.dedent(CLIENT) + textwrap.dedent(code))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _seen(project: Path) -> Recording:
    (file,) = project.glob("seen-*.json")
    return read(file)


SET = 'QSCACHE_WITNESS = {"file": "seen.json"}'


def test_requests_are_recorded(tmp_path: Path) -> None:
    project = _project(tmp_path, SET)
    assert _ask(project, "print(json.dumps(statuses('/names', '/first', '/longest')))") == [200, 200, 200]
    assert {("refined", "filter", "first"), ("refined", "exclude", "longest")} <= uses(_seen(project))


def test_a_path_will_do(tmp_path: Path) -> None:
    project = _project(tmp_path, "from pathlib import Path\nQSCACHE_WITNESS = Path('seen.json')")
    assert _ask(project, "print(json.dumps(statuses('/first')))") == [200]
    assert uses(_seen(project))


def test_requests_of_coroutines_are_recorded(tmp_path: Path) -> None:
    project = _project(tmp_path, SET, database="rows.sqlite3")
    assert _ask(project, "print(json.dumps(asyncio.run(awaited('/waiting', 5))))") == [200] * 5
    (use,) = _seen(project).uses
    assert (use.effect, use.operation, use.place.function, use.times) == ("part", "acount", "waiting", 5)


def test_threads_are_counted_together(tmp_path: Path) -> None:
    project = _project(tmp_path, SET, database="rows.sqlite3")
    assert _ask(project, "print(json.dumps(in_threads('/longest', 8)))") == [200] * 8
    (use,) = _seen(project).uses
    assert (use.operation, use.times) == ("exclude", 8)


def test_the_first_query_of_a_thread_is_counted(tmp_path: Path) -> None:
    project = _project(tmp_path, SET, database="rows.sqlite3")
    assert _ask(project, "print(json.dumps(in_threads('/backwards', 4)))") == [200] * 4
    (use,) = _seen(project).uses
    assert (use.operation, use.times, use.queries, use.rows) == ("reverse", 4, 4, 12)


def test_the_end_of_the_process_is_silent(tmp_path: Path) -> None:
    code = """
        import builtins
        import os

        class Last:
            def __del__(self):
                pass

        statuses('/first')
        os.last = Last()
        builtins.kept = list(sys.modules.values())  # so that Python empties one after the other, the latest first
        """
    done = run(_project(tmp_path, SET), "-c", textwrap.dedent(CLIENT) + textwrap.dedent(code))
    assert (done.returncode, done.stderr) == (0, "")
    assert _seen(tmp_path).uses


def test_nothing_runs_without_the_setting(tmp_path: Path) -> None:
    project = _project(tmp_path, "")
    code = """
        statuses('/first')
        from django.core.handlers.base import BaseHandler
        from django.db.models import QuerySet
        names = [name for name in sys.modules if name.startswith('qscache_lint.witness.runtime.')]
        print(json.dumps([sorted(names), hasattr(QuerySet._clone, '__wrapped__')]))
        """
    assert _ask(project, code) == [["qscache_lint.witness.runtime.settings"], False]
    assert not list(project.glob("seen*"))


STREAMED = """
    from django.http import StreamingHttpResponse
    from django.urls import path

    from garden import views
    from garden.beds import all_beds, cached_beds


    def streamed(request):
        return StreamingHttpResponse(bed.name for bed in all_beds().reverse())


    def stored(request):
        cached_beds()
        return views.plain(request)


    shown = (views.first, views.longest, streamed, stored)
    urlpatterns = [path(view.__name__, view) for view in shown]
    """
SAMPLE = 'QSCACHE_WITNESS = {"file": "seen.json", "sample": %s}'
ASKED = """
        import random
        random.seed(5)
        expected = random.random()
        random.seed(5)
        client = Client()
        for path in ('/longest', '/stored', '/streamed'):
            b"".join(client.get(path))
        print(json.dumps(expected == random.random()))
        """


def test_outside_of_a_sample_nothing_is_recorded(tmp_path: Path) -> None:
    project = _project(tmp_path, SAMPLE % 0, urls=STREAMED)
    assert _ask(project, ASKED) is True
    recording = _seen(project)
    assert (recording.stores, recording.uses, recording.is_partial) == ((), (), True)
    assert "Of all requests, a part of 0 was recorded, and nothing besides." in recording.incomplete


def test_what_was_stored_outside_of_a_sample_is_known_in_it(tmp_path: Path) -> None:
    project = _project(tmp_path, SAMPLE % 0.5, urls=STREAMED)
    code = """
        from qscache_lint.witness.runtime import in_server

        class Chance:
            def random(self):
                return chance

        in_server._CHANCE, chance = Chance(), 0.9
        statuses('/stored', '/longest')
        chance = 0.1
        print(json.dumps(statuses('/first', '/longest')))
        """
    assert _ask(project, code) == [200, 200]
    recording = _seen(project)
    functions = {store.id: store.place.function for store in recording.stores if store.place is not None}
    assert {(functions[use.store], use.operation) for use in recording.uses if use.effect == "refined"} == {
        ("cached_beds", "filter"),
        ("all_beds", "exclude"),
    }
    assert sorted((store.times, store.hits) for store in recording.stores) == [(0, 0), (0, 1)]


def test_without_a_sample_all_is_recorded(tmp_path: Path) -> None:
    project = _project(tmp_path, SAMPLE % 1, urls=STREAMED)
    assert _ask(project, ASKED) is True
    recording = _seen(project)
    assert {("refined", "exclude", "longest"), ("refined", "reverse", "streamed")} <= uses(recording)
    assert not recording.is_partial


def test_the_file_is_written_while_the_server_runs(tmp_path: Path) -> None:
    project = _project(tmp_path, 'QSCACHE_WITNESS = {"file": "seen.json", "seconds": 0}')
    code = """
        import os, pathlib, time
        statuses('/first')
        until = time.monotonic() + 20
        while not list(pathlib.Path().glob("seen-*.json")) and time.monotonic() < until:
            time.sleep(0.05)
        found = list(map(str, pathlib.Path().glob("seen-*.json")))
        print(json.dumps(found), flush=True)
        os._exit(0)
        """
    assert [Path(name).suffix for name in _ask(project, code)] == [".json"]
    assert ("refined", "filter", "first") in uses(_seen(project))


def test_a_fork_tells_what_it_did_itself(tmp_path: Path) -> None:
    project = _project(tmp_path, SET, database="rows.sqlite3")
    code = """
        import os
        from django.db import connections
        statuses('/longest')
        connections.close_all()
        child = os.fork()
        if child == 0:
            statuses('/longest', '/longest')
            sys.exit()
        os.waitpid(child, 0)
        print(json.dumps([]))
        """
    _ask(project, code)
    times = sorted(use.times for file in project.glob("seen-*.json") for use in read(file).uses)
    assert times == [1, 2]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("1", "QSCACHE_WITNESS must be a path or a dict"),
        ("{'flie': 'x'}", "QSCACHE_WITNESS: Object contains unknown field `flie`"),
        ("{'file': 'x', 'sample': 2}", "QSCACHE_WITNESS: `sample` must be from 0 to 1"),
        ("{'file': 'no/such/x'}", "is no directory"),
        ("{'file': 'x', 'known': 'none.json'}", "QSCACHE_WITNESS: none.json: "),
    ],
)
def test_a_wrong_setting_is_said(tmp_path: Path, setting: str, said: str) -> None:
    done = run(_project(tmp_path, f"QSCACHE_WITNESS = {setting}"), "manage.py", "check")
    assert done.returncode == 1
    assert said in done.stderr


def test_a_fork_begins_with_nothing_that_is_being_written(tmp_path: Path) -> None:
    project = _project(tmp_path, SET)
    code = """
        import os
        from qscache_lint.witness.runtime.in_server import server

        with server()._lock:
            child = os.fork()
            if child == 0:
                server().write()
                os._exit(0)
        print(json.dumps(os.waitpid(child, 0)[1]))
        """
    assert _ask(project, code) == 0
    assert len(list(project.glob("seen-*.json"))) == 2


def test_a_request_that_is_given_up_elsewhere_ends_in_silence(tmp_path: Path) -> None:
    project = _project(tmp_path, SET)
    code = """
        import contextvars
        from qscache_lint.witness.runtime.in_server import server

        request = server().request()
        contextvars.copy_context().run(request.__enter__)
        request.__exit__(None, None, None)
        print(json.dumps(statuses("/first")))
        """
    assert _ask(project, code) == [200]
