"""The same tea shop in Python, with nothing but its standard library, in one process.

    python3 shop.py --port 8080 --data DIR
"""

import argparse
import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote

arguments = argparse.ArgumentParser()
arguments.add_argument("--port", type=int, required=True)
arguments.add_argument("--data", type=Path, required=True)
arguments = arguments.parse_args()

teas = json.loads((arguments.data / "stock.json").read_text())
by_name = {tea["name"]: tea for tea in teas}
orders = {}
lock = threading.Lock()
taken_log = (arguments.data / "taken.jsonl").open("a")
orders_log = (arguments.data / "orders.jsonl").open("a")

# What the lab adds to each answer to see whether it finds it.
DELAY = int(os.environ.get("CLEAVE__LAB__DELAY_US", 0)) / 1e6
BURN = int(os.environ.get("CLEAVE__LAB__BURN_US", 0)) / 1e6


def known_delta():
    if DELAY:
        time.sleep(DELAY)
    if BURN:
        until = time.thread_time() + BURN
        while time.thread_time() < until:
            pass


def page(title, body):
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>\n'
    )


def stands(tea):
    return f'{tea["cents"]} cents, {"in stock" if tea["left"] > 0 else "sold out"}'


def home():
    rows = "".join(f'<li><a href="/tea/{tea["name"]}">{tea["name"]}</a> {stands(tea)}</li>' for tea in teas)
    return page("Teas", f"<ul>{rows}</ul>")


def details(tea):
    name = tea["name"]
    form = f'<form method="post" action="/orders"><input name="tea" value="{name}"><input name="units" value="1"></form>'
    return page(name, f'<p>{tea["about"]}</p><p>{stands(tea)}</p>{form}')


def bought(order):
    cents = order["units"] * order["cents"]
    return page(f'Order {order["id"]}', f'<p>{order["units"]} of {order["tea"]}: {cents} cents</p>')


def write_down(log, line):
    log.write(json.dumps(line) + "\n")
    log.flush()


def place(form):
    name = form.get("tea", [""])[0]
    units = int(form.get("units", ["0"])[0])
    if not 1 <= units <= 99:
        return 422, page("How many?", ""), None
    with lock:
        number = len(orders) + 1
        orders[number] = None
        tea = by_name.get(name)
        if tea is None or tea["left"] < units:
            return 409, page("Sold out", ""), None
        tea["left"] -= units
        write_down(taken_log, {"order": number, "tea": name, "units": units})
        orders[number] = {"id": number, "tea": name, "units": units, "cents": tea["cents"]}
        write_down(orders_log, {"order": number, "tea": name, "units": units})
    return 303, "", f"/orders/{number}"


class Visitor(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one write per answer

    def do_GET(self):
        known_delta()
        if self.path == "/healthz":
            self.answer(200, "ready\n")
        elif self.path == "/":
            self.answer(200, home())
        elif self.path.startswith("/tea/"):
            tea = by_name.get(unquote(self.path.removeprefix("/tea/")))
            self.answer(*((200, details(tea)) if tea else (404, page("No such tea", ""))))
        elif self.path.startswith("/orders/"):
            order = orders.get(int(self.path.removeprefix("/orders/")))
            self.answer(*((200, bought(order)) if order else (404, page("No such order", ""))))
        else:
            self.answer(404, page("Nothing here", ""))

    def do_POST(self):
        known_delta()
        form = parse_qs(self.rfile.read(int(self.headers.get("content-length", 0))).decode())
        self.answer(*place(form)) if self.path == "/orders" else self.answer(404, page("Nothing here", ""))

    def answer(self, status, text, location=None):
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        if location:
            self.send_header("location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Shop(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


shop = Shop(("127.0.0.1", arguments.port), Visitor)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=shop.shutdown).start())
shop.serve_forever()
