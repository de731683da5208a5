#!/usr/bin/env python3
"""The same job in the straightforward way: scan a folder, lxml and XSD, sqlite3 with synchronous=FULL, requests with 8 threads.

It is what an able colleague would write in an afternoon, and the peer that the benchmarks measure against. It keeps the promises it can:
a row is committed before the document is sent, after the receipt, and after the entry.

    peer.py [--intake-only] FOLDER DATABASE BASE_URL XSD SENDER_USCC

Prints one JSON line: documents, seconds, documents a second, peak resident memory.
"""
import hashlib
import hmac
import json
import os
import queue
import resource
import sqlite3
import sys
import threading
import time
import uuid

import requests
from lxml import etree

D = "{urn:dangri:document:1}"
X = "{urn:dangri:exchange:1}"
PACKAGE = (
    '<Package xmlns="urn:dangri:exchange:1"><Head><SubmissionId>{id}</SubmissionId><SenderUscc>{sender}</SenderUscc><AppId>demo-app</AppId>'
    "<Kind>{kind}</Kind><DocumentNumber>{number}</DocumentNumber><DraftId>{draft}</DraftId><SchemaVersion>{version}</SchemaVersion>"
    '<AuthorLevel>{level}</AuthorLevel><Digest alg="sha-256">{digest}</Digest><SentAt>{now}</SentAt></Head><Body>{body}</Body></Package>'
)


def beijing_now():
    return time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(time.time() + 8 * 3600))


def read_draft(path, schema, sender):
    """Parses, validates and packs one draft; None when it is not fit."""
    with open(path, "rb") as file:
        data = file.read()
    root = etree.fromstring(data)
    if not schema.validate(root):
        return None
    text = data.decode("utf-8")
    body = text[text.index("<", text.index("?>") + 2 if text.startswith("<?xml") else 0):].rstrip()
    header = root.find(D + "Header")
    facts = {name: header.findtext(D + name) for name in ("DraftId", "Kind", "DocumentNumber", "AuthorLevel", "SchemaVersion")}
    digest = hashlib.sha256(body.encode()).hexdigest()
    key = "\n".join((sender, facts["Kind"], facts["DocumentNumber"], digest))
    submission = hashlib.sha256(key.encode()).hexdigest()[:32]
    return submission, facts, digest, body


class Store:
    """One connection behind a lock: sqlite has one writer anyway."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.execute("CREATE TABLE IF NOT EXISTS d (id TEXT PRIMARY KEY, path TEXT, state TEXT, receipt TEXT, entered TEXT, package TEXT)")

    def run(self, statement, *values):
        with self.lock:
            self.db.execute(statement, values)

    def run_many(self, statement, rows):
        with self.lock:
            self.db.execute("BEGIN")
            self.db.executemany(statement, rows)
            self.db.execute("COMMIT")


def token(session, base):
    stamp, nonce = str(int(time.time())), uuid.uuid4().hex
    sign = hmac.new(b"demo-secret", f"demo-app\n{stamp}\n{nonce}".encode(), hashlib.sha256).hexdigest()
    answer = session.post(base + "/token", data={"app_id": "demo-app", "timestamp": stamp, "nonce": nonce, "sign": sign},
                          headers={"X-Request-Id": str(uuid.uuid4())}, timeout=60)
    return etree.fromstring(answer.content).findtext(f"{X}Token/{X}Value")


def sender_thread(work, store, base, bearer):
    session = requests.Session()
    while True:
        item = work.get()
        if item is None:
            return
        submission, package = item
        headers = {"Authorization": "Bearer " + bearer, "X-Request-Id": str(uuid.uuid4()), "Content-Type": "application/xml; charset=UTF-8"}
        answer = session.put(f"{base}/documents/{submission}", data=package.encode(), headers=headers, timeout=60)
        receipt = etree.fromstring(answer.content).findtext(f"{X}Receipt/{X}ReceiptNo")
        store.run("UPDATE d SET state='received', receipt=? WHERE id=?", receipt, submission)


def follow(store, base, bearer, wanted):
    """Reads the results feed until everything is entered."""
    session, cursor, entered = requests.Session(), "", set()
    while len(entered) < wanted:
        answer = session.get(f"{base}/results", params={"after": cursor, "limit": 500} if cursor else {"limit": 500},
                             headers={"Authorization": "Bearer " + bearer, "X-Request-Id": str(uuid.uuid4())}, timeout=60)
        results = etree.fromstring(answer.content).find(X + "Results")
        rows = [(r.findtext(X + "EnteredAt"), r.findtext(X + "SubmissionId")) for r in results if r.findtext(X + "State") == "entered"]
        if rows:
            store.run_many("UPDATE d SET state='entered', entered=? WHERE id=?", rows)
            entered.update(row[1] for row in rows)
        cursor = results.get("next") or cursor
        if results.get("more") != "true":
            time.sleep(0.05)


def main():
    args = [a for a in sys.argv[1:] if not a.startswith("--")]
    folder, database, base, xsd, sender = args
    intake_only = "--intake-only" in sys.argv
    schema = etree.XMLSchema(etree.parse(xsd))
    store = Store(database)
    begun = time.monotonic()
    work, threads = queue.Queue(), []
    if not intake_only:
        bearer = token(requests.Session(), base)
        threads = [threading.Thread(target=sender_thread, args=(work, store, base, bearer)) for _ in range(8)]
        [thread.start() for thread in threads]
    taken = 0
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        if not entry.name.endswith(".xml"):
            continue
        draft = read_draft(entry.path, schema, sender)
        if draft is None:
            continue
        submission, facts, digest, body = draft
        package = PACKAGE.format(id=submission, sender=sender, kind=facts["Kind"], number=facts["DocumentNumber"], draft=facts["DraftId"],
                                 version=facts["SchemaVersion"], level=facts["AuthorLevel"], digest=digest, now=beijing_now(), body=body)
        store.run("INSERT OR IGNORE INTO d VALUES (?,?,?,?,?,?)", submission, entry.path, "waiting", None, None, package)
        taken += 1
        work.put((submission, package))
    if not intake_only:
        follow(store, base, bearer, taken)
        [work.put(None) for _ in threads]
        [thread.join() for thread in threads]
    seconds = time.monotonic() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"documents": taken, "seconds": round(seconds, 3), "per_second": round(taken / seconds, 1), "peak_kib": peak}))


main()
