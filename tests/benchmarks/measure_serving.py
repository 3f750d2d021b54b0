"""How fast readers' pages are served, beside nginx and a bare Django on this machine.

    uv run tests/benchmarks/measure_serving.py [--keep FOLDER] [--seconds 3]
        [--rounds 3] [--database-url URL]

Without FOLDER the site has the sample story alone. With the one that measure_import.py
kept (its --keep), there are long discussions and 20,000 stories as well. Granian runs
with two workers, and the load comes from wrk on the same machine; each figure is the
median of the rounds. Pages are asked for gzipped, as browsers do. Rows that need what
is not there (wrk, nginx, a page, a discussion of that length) are named at the end.
"""

import argparse
import gzip
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

PROJECT = Path(__file__).resolve().parents[2]
SAMPLE = PROJECT / "newsroom/archive/sample/xiaomi-microsoft.jsonl"
WORKERS, THREADS = 2, 8
MANY, ONE = 16, 1  # connections
GZIPPED = {"Accept-Encoding": "gzip"}
LENGTHS = (1_000, 10_000, 100_000)
UNITS = {"us": 0.001, "ms": 1, "s": 1000}

# Answers are kept as the headers say: nothing here sets times or ignores headers.
NGINX = """
daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/log error;
events {{ worker_connections 512; }}
http {{
    access_log off; sendfile on; keepalive_requests 1000000; types {{ text/html html; }}
    client_body_temp_path {folder}/body; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    proxy_temp_path {folder}/proxy;
    proxy_cache_path {folder}/cache keys_zone=pages:10m;
    upstream site {{ server 127.0.0.1:{site}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{proxy};
        location / {{
            proxy_pass http://site; proxy_http_version 1.1;
            proxy_set_header Connection ""; proxy_set_header Host $http_host;
            proxy_cache pages; proxy_cache_lock on;
            proxy_cache_use_stale updating error; proxy_cache_background_update on;
            proxy_cache_revalidate on; add_header X-Cache $upstream_cache_status;
        }}
    }}
    server {{ listen 127.0.0.1:{file}; root {folder}/files; gzip_static on; }}
}}
"""


class Row(NamedTuple):
    """Something measured: requests a second, or with one connection milliseconds."""

    name: str
    address: str
    connections: int = MANY
    headers: dict[str, str] = GZIPPED


def main():
    options = parse()
    with tempfile.TemporaryDirectory(prefix="newsroom-serving-") as scratch:
        # nginx and the embedded database may run under accounts of their own.
        Path(scratch).chmod(0o755)
        set_up(options, Path(scratch))
        pages, missing = find_pages()
        with ExitStack() as running:
            servers = start_all(running, Path(scratch))
            pages, absent = drop_absent(pages, servers["cache off"])
            weigh(pages)
            missing += absent
            if shutil.which("wrk"):
                rows = list_rows(pages, servers, Path(scratch))
                report(rows, measure(rows, options.seconds, options.rounds))
            else:
                missing.append("all rates: install wrk (Debian: apt-get install wrk)")
            if "nginx" not in servers:
                missing.append("nginx: install it (Debian: apt-get install nginx)")
            for name in ("cache on", "cache off"):
                report_memory(name, servers[name].process)
        for what in missing:
            print(f"left out: {what}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database-url", default="")
    return parser.parse_args()


def set_up(options: argparse.Namespace, scratch: Path):
    """Make the site ready to be served, in this process's environment, too."""
    folder = options.keep or scratch / "var"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    os.environ |= {
        "ALLOWED_HOSTS": "127.0.0.1,testserver",
        "DATABASE_URL": options.database_url,
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "HTTPS": "0",
        "LOG_LEVEL": "ERROR",
        "PYTHONPATH": str(PROJECT),
        "SECRET_KEY": "only for a benchmark",
        "VAR_DIR": str(folder),
    }
    sys.path.insert(0, str(PROJECT))
    import django

    django.setup()
    from django.core.management import call_command

    from newsroom.archive.importing import import_file

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    import_file(SAMPLE)


# Pages


def find_pages() -> tuple[dict[str, str], list[str]]:
    """Return the addresses to measure by their names, and what is missing."""
    from articles.models import Article

    sample = Article.objects.get(source_url__contains="xiaomi")
    pages = {"sample story": sample.get_absolute_url()}
    missing = []
    for length in LENGTHS:
        found = find_discussion(length)
        if found is None:
            missing.append(f"a discussion of about {length:,} comments: there is none")
            continue
        address, middle = found
        pages[f"{length:,} comments, first page"] = address
        pages[f"{length:,} comments, a middle page"] = middle
    some = Article.objects.published().exclude(published_at=None).newest_first()
    at = some[some.count() // 2].published_at
    pages |= {
        "front page": "/",
        "article list": "/articles/",
        "archive month": f"/archive/{at:%Y}/{at:%m}/",
    }
    return pages, missing


def find_discussion(length: int) -> tuple[str, str] | None:
    """Return the first and a middle page of a discussion of about this length."""
    from django.db.models import F, Func

    from comments.models import Comment, Discussion

    near = Discussion.objects.filter(
        comment_count__range=(length * 0.6, length * 1.6), article__status="published"
    )
    distance = Func(F("comment_count") - length, function="abs")
    discussion = near.order_by(distance, "pk").first()
    if discussion is None:
        return None
    comments = Comment.objects.filter(discussion=discussion).shown().in_reading_order()
    middle = discussion.comment_count // 2
    number = comments.values_list("number", flat=True)[middle]
    address = discussion.article.get_absolute_url()
    return address, f"{address}discussion/?start={number}"


def drop_absent(pages: dict[str, str], server: "Server"):
    present, absent = {}, []
    for name, address in pages.items():
        try:
            fetch(server.url + address)
            present[name] = address
        except urllib.error.HTTPError as error:
            absent.append(f"{name}: {address} answers {error.code}")
    return present, absent


def weigh(pages: dict[str, str]):
    """Print what the pages weigh, and how many queries making one takes."""
    import brotli
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    print(f"{'':40}{'bytes':>9}{'gzip':>9}{'brotli':>9}{'queries':>9}")
    for name, address in pages.items():
        with CaptureQueriesContext(connection) as queries:
            body = Client().get(address).content
        sizes = len(body), len(gzip.compress(body, 6)), len(brotli.compress(body))
        figures = "".join(f"{size:9,}" for size in (*sizes, len(queries)))
        print(f"{name:40}{figures}")
    connection.close()


# Servers


class Server(NamedTuple):
    process: psutil.Process
    url: str


def start_all(running: ExitStack, scratch: Path) -> dict[str, Server]:
    """Start what is measured; all is stopped when the block ends."""
    applications = {
        "cache on": ("newsroom.wsgi:application", {}),
        "cache off": ("newsroom.wsgi:application", {"PAGE_CACHE": "0"}),
        "hello": ("tests.benchmarks.hello:application", {}),
        "hello, default middleware": (
            "tests.benchmarks.hello:application",
            {"MIDDLEWARE": "default"},
        ),
    }
    servers = {
        name: running.enter_context(granian(application, environment))
        for name, (application, environment) in applications.items()
    }
    if shutil.which("nginx"):
        servers |= running.enter_context(nginx(scratch / "nginx", servers["cache on"]))
    return servers


@contextmanager
def granian(application: str, environment: dict[str, str]) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi"]
    command += ["--workers", f"{WORKERS}", "--blocking-threads", f"{THREADS}"]
    command += ["--port", f"{port}", "--no-access-log", "--log-level", "error"]
    with started([*command, application], port, os.environ | environment) as server:
        yield server


@contextmanager
def nginx(folder: Path, site: Server) -> Iterator[dict[str, Server]]:
    folder.mkdir()
    (folder / "files").mkdir()
    for path in (folder, folder / "files"):
        path.chmod(0o755)
    ports = {"proxy": free_port(), "file": free_port()}
    config = folder / "nginx.conf"
    site_port = site.url.rpartition(":")[2]
    config.write_text(NGINX.format(folder=folder, site=site_port, **ports))
    command = ["nginx", "-p", str(folder), "-e", f"{folder}/log", "-c", str(config)]
    with started(command, ports["proxy"], os.environ) as server:
        files = Server(server.process, f"http://127.0.0.1:{ports['file']}")
        yield {"nginx": server, "nginx, a file": files}


@contextmanager
def started(command: list[str], port: int, environment) -> Iterator[Server]:
    """Run a server until the block ends, with all its workers."""
    process = subprocess.Popen(command, cwd=PROJECT, env=environment)  # noqa: S603
    try:
        wait_for(port, process)
        yield Server(psutil.Process(process.pid), f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(30)


def wait_for(port: int, process: subprocess.Popen):
    ends = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"{process.args[0]} does not start.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url: str, headers: dict[str, str] = GZIPPED):
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 (our own)
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        return response.read(), response.headers


# Rates


def list_rows(pages: dict[str, str], servers: dict[str, Server], scratch: Path):
    """Return what is measured, each cache warm."""
    sample = pages["sample story"]
    cached, off = servers["cache on"].url, servers["cache off"].url
    body, headers = fetch(cached + sample)
    known = GZIPPED | {"If-None-Match": headers["ETag"]}
    rows = [
        Row("Django, bare hello", servers["hello"].url + "/"),
        Row(
            "Django, hello with its default middleware",
            servers["hello, default middleware"].url + "/",
        ),
        Row("sample story, cache warm", cached + sample),
        Row("sample story, revalidated (304)", cached + sample, headers=known),
    ]
    if "nginx" in servers:
        files = scratch / "nginx/files"
        (files / "page.html").write_bytes(gzip.decompress(body))
        (files / "page.html.gz").write_bytes(body)
        behind = servers["nginx"].url + sample
        fetch(behind)
        rows += [
            Row("sample story behind nginx, in its cache", behind),
            Row("nginx, the same bytes as a file", files_url(servers) + "/page.html"),
        ]
    rows.append(Row("sample story, cache warm, 1 connection", cached + sample, ONE))
    rows += [
        Row(f"{name}, cache off, 1 connection", off + address, ONE)
        for name, address in pages.items()
    ]
    return rows


def files_url(servers: dict[str, Server]) -> str:
    return servers["nginx, a file"].url


def measure(rows: list[Row], seconds: int, rounds: int) -> list[tuple[float, float]]:
    """Return for each row the medians of its requests a second and milliseconds.

    Each round measures all rows, so that a busy minute of the machine spoils no row.
    """
    results = [[load(row, seconds) for row in rows] for _ in range(rounds)]
    return [
        tuple(statistics.median(figures) for figures in zip(*found, strict=True))
        for found in zip(*results, strict=True)
    ]


def load(row: Row, seconds: int) -> tuple[float, float]:
    """Ask for a page as fast as it comes; return the rate and the median time."""
    command = ["wrk", "-t1", f"-c{row.connections}", f"-d{seconds}s", "--latency"]
    for name, value in row.headers.items():
        command += ["-H", f"{name}: {value}"]
    said = subprocess.run(  # noqa: S603
        [*command, row.address], capture_output=True, text=True, check=True
    ).stdout
    if "Non-2xx" in said and "If-None-Match" not in row.headers:
        sys.exit(f"{row.name}: errors.\n{said}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)[1]
    median, unit = re.search(r"50%\s+([\d.]+)(\w+)", said).groups()
    return float(rate), float(median) * UNITS[unit]


def report(rows: list[Row], results: list[tuple[float, float]]):
    rates = {row.name: rate for row, (rate, _) in zip(rows, results, strict=True)}
    hello = rates["Django, bare hello"]
    file = rates.get("nginx, the same bytes as a file", 0)
    print(f"\n{'':50}{'requests/s':>12}{'p50':>11}{'of hello':>10}{'of nginx':>10}")
    for row, (rate, median) in zip(rows, results, strict=True):
        line = f"{row.name:50}{rate:12,.0f}{median:8.2f} ms"
        if row.connections == MANY:
            line += f"{rate / hello:10.0%}"
            line += f"{rate / file:10.0%}" if file else ""
        print(line)


def report_memory(name: str, server: psutil.Process):
    """Print the peaks of the processes of a server, and what they share out now."""
    processes = [server, *server.children(recursive=True)]
    peak = sum(
        int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{p.pid}/status").read_text())[1])
        for p in processes
    )
    now = sum(process.memory_full_info().pss for process in processes)
    print(
        f"memory, {name}: {peak / 1024:,.0f} MB at most (resident, of"
        f" {len(processes)} processes), {now / 1e6:,.0f} MB now, shared counted once"
    )


if __name__ == "__main__":
    main()
