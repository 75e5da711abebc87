"""Threads that use the public interface while things break, and write down what they asked and were told."""
import json
import random
import threading
import time

from local_network import ask  # world.py puts it on the path

from .history import Call, History

PATIENCE = 12  # seconds for one answer; a node gives one within 8
SUPPLY = 1500  # statements signed at once


class Client:
    """Writers submit statements, each to a node by chance, and read back what they were told is logged;
    readers ask nodes for checkpoints and for what was submitted. start(), settle(), then the history."""

    def __init__(self, world, seed, writers=4, readers=2):
        self.world = world
        self.history = History()
        world.on_start = self.history.started
        self.nodes = list(world.names)  # those to be asked; changed in place of one another
        self.statements = {}            # entry: bytes, of all that was offered
        self.unsettled = set()
        self.notes = {}                 # size: the checkpoint that somebody showed first
        self._supply, self._lock = [], threading.Lock()
        self._done = threading.Event()
        self._failures = []
        self._chance = random.Random(seed)
        self._threads = [threading.Thread(target=self._work, args=(work, random.Random(self._chance.random())))
                         for work in [self._write] * writers + [self._read] * readers]

    def start(self):
        self._take()  # signs the first supply
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._done.set()
        for thread in self._threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def logged(self):
        """How many statements were answered as logged so far."""
        return len(self.statements) - len(self.unsettled)

    def settle(self, seconds=120):
        """Stops; submits again what nobody was told about, until all of it is logged."""
        self.stop()
        give_up = time.monotonic() + seconds
        left = sorted(self.unsettled)
        while left and time.monotonic() < give_up:
            threads = [threading.Thread(target=self._settle_some, args=(left[i::8], give_up)) for i in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            left = sorted(self.unsettled)
        assert not left, f"{len(left)} of {len(self.statements)} statements not logged {seconds} s after all is well"

    def read_everywhere(self):
        """One more look at every head and at a hundred statements, at every node."""
        some = self._chance.sample(sorted(self.statements), min(100, len(self.statements)))
        for node in self.nodes:
            self.checkpoint(node)
            for entry in some:
                self.read(node, entry)

    # -- one call each

    def submit(self, node, entry):
        began = time.monotonic()
        answer = ask(f"{self.world.urls[node]}/v1/statements", self.statements[entry], timeout=PATIENCE)
        call = self._told("submit", node, began, answer, entry)
        if call.index is not None:
            self.unsettled.discard(entry)
        return call

    def read(self, node, entry):
        began = time.monotonic()
        answer = ask(f"{self.world.urls[node]}/v1/entries/{entry}", timeout=PATIENCE)
        return self._told("read", node, began, answer, entry)

    def checkpoint(self, node):
        began = time.monotonic()
        answer = ask(f"{self.world.urls[node]}/checkpoint", timeout=PATIENCE)
        ended = time.monotonic()
        call = Call("checkpoint", node, began, ended, answer.status)
        if answer.status == 200:
            origin, size, root = answer.body.decode().split("\n")[:3]
            call = Call("checkpoint", node, began, ended, 200, origin=origin, size=int(size), root=root)
            self.notes.setdefault(call.size, answer.body)
        self.history.add(call)
        return call

    def _told(self, what, node, began, answer, entry):
        ended = time.monotonic()
        facts = {}
        if answer.status in (200, 201, 422):
            try:
                facts = answer.json()
            except ValueError:  # the connection ended within it
                answer.status = 0
        call = Call(what, node, began, ended, answer.status, entry=entry, index=facts.get("index"),
                    final=bool(facts.get("final")))
        self.history.add(call)
        return call

    # -- threads

    def _work(self, step, chance):
        try:
            while not self._done.is_set():
                step(chance)
        except Exception as failure:  # shown by stop()
            self._failures.append(failure)

    def _take(self):
        """(entry, statement) that nobody has sent; None: there are none, for no node runs that says which chain it is."""
        with self._lock:
            if not self._supply:
                try:
                    self._supply = self.world.sign(self.world.folder / "supply", SUPPLY)
                except RuntimeError:
                    return None
            line = self._supply.pop()
            return line["entry"], bytes.fromhex(line["statement"])

    def _write(self, chance):
        taken = self._take()
        if taken is None:
            self._done.wait(0.5)
            return
        entry, statement = taken
        self.unsettled.add(entry)
        self.statements[entry] = statement
        nodes = chance.sample(self.nodes, len(self.nodes))
        for node in nodes[:2]:  # the same bytes once more where the first did not say
            call = self.submit(node, entry)
            if call.index is not None:
                self.read(node, entry)
                self.checkpoint(node)
                break
            if call.status == 0:
                self._done.wait(0.2)  # a node that is down answers at once

    def _read(self, chance):
        node = chance.choice(self.nodes)
        if chance.random() < 0.5 or not self.statements:
            call = self.checkpoint(node)
        else:
            call = self.read(node, chance.choice(list(self.statements)))
        self._done.wait(0.2 if call.status == 0 else 0.01)

    def _settle_some(self, entries, give_up):
        chance = random.Random(len(entries))
        for entry in entries:
            while entry in self.unsettled and time.monotonic() < give_up:
                self.submit(chance.choice(self.nodes), entry)

    def write_results(self, path):
        """In the form that `load check` reads: what was answered as logged."""
        with open(path, "w") as file:
            for entry, index in self.history.logged().items():
                file.write(json.dumps({"what": "logged", "entry": entry, "index": index}) + "\n")
