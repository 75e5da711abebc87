#!/usr/bin/env python3
"""Four validators become five, seven and four again, and one gets new keys, with statements submitted all the
while and a process killed (SIGKILL) during each change:

- one of the first four is a process with two faces until the first change is done, and is voted out later;
- who comes follows over HTTP before its set begins, and votes in the same process from then on;
- one is away over two changes: the next set has a place for it, and the one after has none;
- one is removed while it runs. Both say why they vote no more, and follow.

Afterwards: nothing answered as logged is lost at any member or at who was removed, equal roots, and a trust policy
of epoch 0 verifies what was recorded last, by hops.

Usage: membership_test.py PROGRAMS [--long]
--long: every member is killed in turn during each change, not one"""
import argparse
import contextlib
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from story import Story  # noqa: E402
from local_network import Network, answers, run  # noqa: E402

NEWCOMERS = ["paper", "textile", "zinc"]

parser = argparse.ArgumentParser()
parser.add_argument("programs")
parser.add_argument("--long", action="store_true")
options = parser.parse_args()


class Change:
    """A network whose set of validators changes; `members` are those in force, `away` those whose process does
    not run."""

    def __init__(self, network):
        self.network = network
        self.story = Story(network)
        self.members = list(network.names)
        self.associations = list(network.names)
        self.away = set()
        self.made = 0
        self.epoch = 0
        self.started = time.monotonic()

    def say(self, what):
        print(f"{time.monotonic() - self.started:5.1f} s  {what}", flush=True)

    def present(self, *but):
        return [name for name in self.members if name not in self.away and name not in but]

    def nodes(self, *but):
        return [self.network.urls[name] for name in self.present(*but)]

    def new_home(self, name, validator):
        """Keys of a validator, and its configuration: every peer is dialled by its address, and the first two are
        asked while there are no links."""
        network = self.network
        home = network.folder / name
        facts = json.loads((network.folder / "network.json").read_text())
        domain, label, _ = facts["origin"].split("/")
        base = int(network.urls[network.names[0]].rsplit(":", 1)[1]) - 101
        mesh = base + len(network.homes) + 1
        url = f"127.0.0.1:{mesh + 100}"
        peers = [f"--peer={peer}=127.0.0.1:{base + 1 + at}" for at, peer in enumerate(network.names)]
        follow = [f"--follow={network.urls[peer]}" for peer in network.names[:2]]
        run(network.bin / "footproof", "validator", "new", home, "--id", validator, "--party",
            network.parties[self.associations[0]]["uri"], "--domain", domain, "--network", label,
            "--mesh-listen", f"127.0.0.1:{mesh}", "--http-listen", url, *peers, *follow)
        shutil.copy(network.folder / "genesis.cbor", home)
        config = home / "config.toml"
        known = (network.homes[network.names[0]] / "config.toml").read_text()
        consensus = re.search(r"\[consensus\][^\[]*", known)
        if consensus and "[consensus]" not in config.read_text():
            config.write_text(config.read_text() + "\n" + consensus.group(0))
        return home, "http://" + url

    def request(self, home):
        path = self.network.folder / f"{home.name}.request"
        self.story.ask("validator", "request", home, "-o", path)
        return path

    def decide(self, *proposal, ready_of=None, ready_node=None, killed=None):
        """Proposed by one association, voted for by two more of four; `killed` dies in the middle and comes
        back."""
        network, story = self.network, self.story
        nodes = self.nodes(killed)
        self.made += 1
        file = lambda what: network.folder / f"change-{self.made}-{what}"
        words = self.associations
        proposed = story.run("ballot", "propose", *proposal, *network.signed_by(words[0], "sign"), "-o",
                             file("0.statement"), nodes=nodes)
        assert proposed.returncode == 0, proposed.stderr
        nonce = re.search(r"proposal\s+([0-9a-f]{32,64})", proposed.stderr).group(1)
        story.ask("ballot", "vote", nonce, "--approve", *network.signed_by(words[1], "sign"), "-o",
                  file("1.statement"), nodes=nodes)
        ready = []
        if ready_of is not None:
            self.word(ready_of, nonce, file("ready"), ready_node)
            ready = ["--ready", file("ready")]
        story.ask("ballot", "vote", nonce, "--approve", *ready, *network.signed_by(words[2], "sign"), "-o",
                  file("2.statement"), nodes=nodes)
        kills = self.present() if options.long else [killed] if killed else []
        for name in kills:
            network.crash(name)
            time.sleep(0.3)
            network.start(name)
        self.epoch += 1

    def word(self, home, nonce, file, node):
        """That it keeps up: from its own node, which has no place in a set yet, or any for new keys."""
        nodes = [self.network.urls[node]] if node else self.nodes()
        self.network.wait(f"{home.name} has executed the ballot", lambda: self.story.run(
            "validator", "ready", home, "--proposal", nonce, "-o", file, nodes=nodes).returncode == 0)

    def wait_epoch(self, *but):
        """All in the epoch, and all that are not known to be silent vote."""
        def there():
            facts = [self.network.health(name) for name in self.present(*but)]
            return all(one and one["set"]["epoch"] == self.epoch and one["set"]["votes"] for one in facts)
        self.network.wait(f"epoch {self.epoch}", there)
        self.say(f"epoch {self.epoch} of {len(self.members)}: {', '.join(self.members)}")

    def admit(self, name, killed):
        network = self.network
        home, url = self.new_home(name, name)
        network.homes[name], network.urls[name] = home, url
        network.names.append(name)
        network.start(name)
        self.decide("validator-admit", "--request", self.request(home), ready_of=home, ready_node=name,
                    killed=killed)
        pid = network.pid(name)
        self.members.append(name)
        self.wait_epoch()
        if not options.long:
            assert network.pid(name) == pid, f"{name} was restarted"

    def remove(self, name, killed):
        self.decide("validator-remove", name, killed=killed)
        self.members.remove(name)
        self.wait_epoch()

    def says_why(self, name):
        """One that was removed: in its log and its health page."""
        epoch = self.epoch
        self.network.wait(f"{name} says why", lambda: (
            "event=validator_left" in self.network.log(name)
            and f"{name} is no validator of epoch {epoch}" in (self.network.health(name) or {}).get(
                "not_ready_reason", "")))
        facts = self.network.health(name)
        assert not facts["set"]["member"] and not facts["set"]["votes"] and not facts["ready"], facts
        self.say(facts["not_ready_reason"])

    def needs(self, names, stopped):
        """With `stopped` away the others are a bare quorum, these among them."""
        self.network.crash(stopped)
        name = f"needed-{'-'.join(names)}"
        self.story.says(*self.story.attest_words(self.story.seal(name), name), nodes=self.nodes(stopped))
        self.network.start(stopped)
        self.network.wait_ready(stopped)
        self.say(f"{', '.join(names)} vote")

    def rotate(self, name, killed):
        network = self.network
        spare, _ = self.new_home("spare", name)
        request = self.request(spare)
        shutil.move(spare / "keys", network.homes[name] / "keys" / "next")
        (spare / "keys").symlink_to(network.homes[name] / "keys" / "next")
        self.decide("validator-replace", name, "--request", request, ready_of=spare, killed=killed)
        self.wait_epoch()
        assert "vote_key_changed" in network.log(name)


@contextlib.contextmanager
def two_faces(network, guilty):
    """In the place of this validator."""
    network.stop(guilty)
    with subprocess.Popen([network.bin / "two_faced", network.homes[guilty] / "config.toml", "8"],
                          stdout=subprocess.DEVNULL) as faces:
        try:
            yield
        finally:
            faces.send_signal(signal.SIGTERM)


def change_all(network, change):
    """Who is left, and who was removed and follows."""
    one, two, sleeper, guilty = network.names
    first, *others = NEWCOMERS
    change.away.add(guilty)
    with two_faces(network, guilty):
        change.admit(first, killed=two)
        assert any(f"event=evidence signer={guilty}" in network.log(name) for name in (one, two)), "no evidence"
    for name in others:
        change.admit(name, killed=None)  # every one of the others is needed: the guilty one is away
    change.needs(NEWCOMERS, stopped=two)  # 5 of 7

    change.away.add(sleeper)
    network.crash(sleeper)
    change.remove(guilty, killed=None)
    change.remove(sleeper, killed=None)
    network.start(sleeper)
    change.remove(first, killed=two)
    change.says_why(first)
    change.says_why(sleeper)
    change.rotate(two, killed=one)
    change.needs([two], stopped=one)
    return [first, sleeper]


def main():
    with Network.temporary(options.programs, validators=4) as network:
        network.start()
        network.wait_ready()
        network.accredit()
        policy = network.export_policy()
        change = Change(network)
        results = network.folder / "results"
        load = network.load(results, network.names[:2], submitters=2, count=100000, seconds=1000)
        removed = change_all(network, change)
        load.terminate()
        load.wait(timeout=10)
        network.names = [name for name in network.names if name in change.members + removed]
        name = "last"
        change.story.says(*change.story.attest_words(change.story.seal(name), name), nodes=change.nodes())
        network.wait_equal()
        counts, _ = answers(results)
        change.say(f"{counts} {network.checkpoint(removed[0])}")
        assert counts.get("logged", 0) > 100, "the load hardly did anything"
        for name in network.names:
            assert "level=error" not in network.log(name), f"{name} complains\n{network.log(name)[-3000:]}"
        # A policy of epoch 0, and from then on only what nodes hand out.
        walked = network.folder / "walked.policy"
        change.story.ask("trust", "walk", policy, "-o", walked, nodes=change.nodes())
        everywhere = ",".join(network.urls[name] for name in network.names)
        print(run(network.bin / "load", "check", "--nodes", everywhere, "--policy", walked, "--results",
                  results), end="")
        print(f"membership test passed in {time.monotonic() - change.started:.1f} s")


main()
