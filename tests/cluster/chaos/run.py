"""One case against one network: load before, during and after the faults; then everything is healed, all
that was offered becomes final, and what clients were told all the while must be what a ledger tells."""
import dataclasses
import random
import re
import time

from local_network import ROOT, run  # world.py puts it on the path

from . import history
from .client import Client

HEADS_KEPT = 40  # of those that clients saw: the log must lead through them
OPEN_FILES_GROWTH = 60  # connections of clients come and go
LIMIT = 240  # seconds for what should happen within a few, on a machine that has much other work


@dataclasses.dataclass
class Case:
    """`amount`: so many `unit` in an ordinary run, which `run(stage, amount)` makes; it returns how many
    it made and a sentence about them. `short`: how many in the selection of the ordinary tests, or 0."""
    id: str
    what: str
    world: type
    amount: int
    unit: str
    run: object
    short: int = 0
    alone: object = None  # instead of `run`: alone(programs, amount, seed) makes its own networks


class Stage:
    """What a case works with. It may add to `errors_expected` and `followers`."""

    def __init__(self, world, client, chance):
        self.world, self.client, self.chance = world, client, chance
        self.names = world.names
        self.errors_expected = []  # patterns of lines with level=error that the faults explain
        self.followers = []        # nodes that need not vote again
        self.open_files = {name: world.open_files(name) for name in world.names}
        self.pids = {name: world.pid(name) for name in world.names}

    def say(self, text):
        print(f"  {text}", flush=True)

    def progress(self, *nodes, statements=5, seconds=LIMIT):
        """These nodes go on: so many more statements are logged, and each node publishes them."""
        logged = self.client.logged()
        self.world.wait("statements to be logged", lambda: self.client.logged() >= logged + statements, seconds)
        size = max(self.size(name) for name in nodes)
        self.world.wait(f"{', '.join(nodes)} to publish size {size}",
                        lambda: all(self.size(name) >= size for name in nodes), seconds)

    def size(self, name):
        try:
            return self.world.published_size(name)
        except OSError:
            return -1

    def follows(self, name):
        """It comes to where the others are now."""
        def height(one):
            return (self.world.health(one) or {}).get("height", 0)
        there = max(height(other) for other in self.names if other != name)
        self.world.wait(f"{name} to follow", lambda: height(name) >= there, LIMIT)

    def spend(self, seconds):
        """Lets a fault last: time is what it is made of, nothing waits for it to be over."""
        time.sleep(seconds)


def run_case(case, programs, amount, seed):
    """(how many, a sentence); an AssertionError where it did not hold."""
    if case.alone:
        return case.alone(programs, amount, seed)
    return run_together([(case, amount)], programs, seed)


def run_together(cases, programs, seed):
    """The same of several cases one after the other against one network, of the world of the first."""
    counts, texts = 0, []
    with cases[0][0].world.begin(programs, seed) as world:
        client = Client(world, seed)
        client.start()
        stage = Stage(world, client, random.Random(seed))
        try:
            stage.progress(*world.names)
            certify(stage)
            for case, amount in cases:
                count, text = case.run(stage, amount)
                heal(stage)
                stage.progress(*client.nodes)
                counts += count
                texts.append(text)
        finally:
            client.stop()
        return counts, f"{'; '.join(texts)}; {judge(stage)}"


def heal(stage):
    world = stage.world
    world.mend()
    if world.relay:
        world.relay.heal()
    world.right_clocks()
    for name in world.running():
        world.resume(name)
    world.start()
    world.wait_ready(*[name for name in world.names if name not in stage.followers], seconds=LIMIT)
    for name in stage.followers:
        stage.follows(name)


def judge(stage):
    world, client = stage.world, stage.client
    client.settle(LIMIT)
    world.wait_equal(LIMIT)
    client.read_everywhere()
    client.history.write(world.folder / "history.jsonl")
    wrong = history.check(client.history)
    assert not wrong, f"{len(wrong)} violations:\n" + "\n".join(wrong[:20])
    client.write_results(world.folder / "results")
    receipts = world.check(world.folder / "results")
    assert " 0 wrong" in receipts, receipts
    replay(stage)
    verify(stage)
    for name in world.names:
        look_at(stage, name)
    calls = client.history.calls
    return (f"{len(client.statements):,} statements, none lost, receipts good at every node; "
            f"{len(calls):,} calls linearizable")


def certify(stage):
    """A declaration from before the faults, as people make one."""
    world = stage.world
    until = time.strftime("%Y-%m-%d", time.gmtime(world.now() + 700 * 86400))
    world.footproof("seal", ROOT / "examples/steel-coil.pact3.json", "-o", world.folder / "before.sealed")
    world.footproof("attest", world.folder / "before.sealed", *world.attestation_options(), "--until", until,
                    "-o", world.folder / "before.attested")


def verify(stage):
    """With the receipt that its verifier got then, and with the newest that each node gives, offline."""
    world = stage.world
    sealed, attested = world.folder / "before.sealed", world.folder / "before.attested"
    for name in (None, *stage.client.nodes):
        shown = world.folder / f"{name or 'then'}.footproof"
        world.footproof("disclose", sealed, attested, *(["--refresh"] if name else []), "--profile", "none", "-o", shown,
                        nodes=[name] if name else None)
        run(world.bin / "footproof", "verify", shown, "--policy", world.export_policy())


def replay(stage):
    """An auditor executes the log again; it must lead through heads that clients have seen at any node."""
    world, notes = stage.world, stage.client.notes
    sizes = sorted(notes)
    kept = []
    for size in sizes[::len(sizes) // HEADS_KEPT + 1]:
        path = world.folder / f"head-{size}"
        path.write_bytes(notes[size])
        kept += ["--checkpoint", path]
    world.footproof("replay", "--policy", world.export_policy(), *kept, nodes=stage.client.nodes[:1])


def look_at(stage, name):
    world = stage.world
    lines = [line for line in world.log(name).splitlines() if "level=error" in line]
    lines = [line for line in lines if not any(re.search(pattern, line) for pattern in stage.errors_expected)]
    assert not lines, f"{name} complains:\n" + "\n".join(lines[-10:])
    if world.pid(name) == stage.pids[name]:
        grown = world.open_files(name) - stage.open_files[name]
        assert grown <= OPEN_FILES_GROWTH, f"{name} has {grown} open files more than before"
