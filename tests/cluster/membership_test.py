#!/usr/bin/env python3
"""Four validators become five and four again, and one gets new keys, with statements submitted all
the while and one validator killed (SIGKILL) during each change. Afterwards: nothing answered as
logged is lost, equal roots, the new node votes, the removed one says why it does not, and a trust
policy of epoch 0 verifies what was recorded last, by hops.

Usage: membership_test.py PROGRAMS"""
import json
import pathlib
import re
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from story import REPOSITORY, Story, day  # noqa: E402
from local_network import Network, answers, run  # noqa: E402

FIFTH = "textile"


class Change:
    """A network whose set of validators changes; `members` are those in force."""

    def __init__(self, network):
        self.network = network
        self.story = Story(network)
        self.members = list(network.names)
        self.associations = list(network.names)
        self.made = 0

    def new_home(self, name, validator):
        """Keys of a validator, and its configuration: every peer is dialled by its address."""
        network = self.network
        home = network.folder / name
        facts = json.loads((network.folder / "network.json").read_text())
        domain, label, _ = facts["origin"].split("/")
        base = int(network.urls[network.names[0]].rsplit(":", 1)[1]) - 101
        mesh = base + len(network.homes) + 1
        url = f"127.0.0.1:{mesh + 100}"
        peers = [f"--peer={peer}=127.0.0.1:{base + 1 + at}" for at, peer in enumerate(network.names)]
        run(network.bin / "footproof", "validator", "new", home, "--id", validator, "--party",
            network.parties[self.associations[0]]["uri"], "--domain", domain, "--network", label,
            "--mesh-listen", f"127.0.0.1:{mesh}", "--http-listen", url, *peers)
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

    def decide(self, *proposal, ready_of=None, killed=None):
        """Proposed by one association, voted for by two more of four; `killed` dies in the middle and
        comes back."""
        network, story = self.network, self.story
        nodes = [network.urls[name] for name in self.members if name != killed]
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
            story.ask("validator", "ready", ready_of, "--proposal", nonce, "-o", file("ready"), nodes=nodes)
            ready = ["--ready", file("ready")]
        story.ask("ballot", "vote", nonce, "--approve", *ready, *network.signed_by(words[2], "sign"), "-o",
                  file("2.statement"), nodes=nodes)
        if killed is not None:
            network.crash(killed)
            time.sleep(0.3)
            network.start(killed)

    def wait_epoch(self, epoch):
        def there():
            facts = [self.network.health(name) for name in self.members]
            return all(one and one["epoch"] == epoch and one["set"]["votes"] for one in facts)
        self.network.wait(f"epoch {epoch}", there)

    def needs(self, name, stopped):
        """With `stopped` away the others are a bare quorum, this one among them."""
        self.network.crash(stopped)
        nodes = [self.network.urls[one] for one in self.members if one != stopped]
        name = f"needed-{name}-{stopped}"
        self.story.says(*self.story.attest_words(self.story.seal(name), name), nodes=nodes)
        self.network.start(stopped)
        self.network.wait_ready(stopped)


def main(programs):
    started = time.monotonic()
    with Network.temporary(programs, validators=4) as network:
        network.start()
        network.wait_ready()
        network.accredit()
        policy = network.export_policy()
        change = Change(network)
        results = network.folder / "results"
        seconds = 45
        load = network.load(results, submitters=2, count=seconds * 100, seconds=seconds)

        home, url = change.new_home(FIFTH, FIFTH)
        network.homes[FIFTH], network.urls[FIFTH] = home, url
        network.names.append(FIFTH)
        network.start(FIFTH)
        change.decide("validator-admit", "--request", change.request(home), ready_of=home,
                      killed=change.members[3])
        change.members.append(FIFTH)
        change.wait_epoch(1)
        print(f"4 → 5 after {time.monotonic() - started:.1f} s", flush=True)
        change.needs(FIFTH, change.members[1])

        leaves = change.members[1]
        change.decide("validator-remove", leaves, killed=change.members[2])
        change.members.remove(leaves)
        change.wait_epoch(2)
        network.wait("the removed node knows", lambda: "validator_left" in network.log(leaves))
        facts = network.health(leaves)
        assert not facts["set"]["member"] and not facts["ready"], facts
        assert f"{leaves} is no validator of epoch 2" in facts["not_ready_reason"], facts
        print(f"5 → 4 after {time.monotonic() - started:.1f} s: {facts['not_ready_reason']}", flush=True)

        rotates = change.members[2]
        spare, _ = change.new_home("spare", rotates)
        request = change.request(spare)
        shutil.move(spare / "keys", network.homes[rotates] / "keys" / "next")
        (spare / "keys").symlink_to(network.homes[rotates] / "keys" / "next")
        change.decide("validator-replace", rotates, "--request", request, ready_of=spare,
                      killed=change.members[0])
        change.wait_epoch(3)
        assert "vote_key_changed" in network.log(rotates)
        print(f"new keys after {time.monotonic() - started:.1f} s", flush=True)
        change.needs(rotates, change.members[0])

        load.wait(timeout=seconds + 60)
        network.crash(leaves)
        network.names.remove(leaves)
        name = "last"
        nodes = [network.urls[one] for one in change.members]
        change.story.says(*change.story.attest_words(change.story.seal(name), name), nodes=nodes)
        network.wait_equal()
        counts, _ = answers(results)
        print(counts, network.checkpoint(FIFTH), flush=True)
        assert counts.get("logged", 0) > 100, "the load hardly did anything"
        for name in change.members:
            assert "level=error" not in network.log(name), f"{name} complains\n{network.log(name)[-3000:]}"
        # A policy of epoch 0, and from then on only what nodes hand out.
        walked = network.folder / "walked.policy"
        change.story.ask("trust", "walk", policy, "-o", walked, nodes=nodes)
        print(run(network.bin / "load", "check", "--nodes", ",".join(nodes), "--policy", walked, "--results",
                  results), end="")
    print(f"membership test passed in {time.monotonic() - started:.1f} s")


main(sys.argv[1])
