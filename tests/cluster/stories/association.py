#!/usr/bin/env python3
"""An association's story, on a real network: a new accreditation body makes its keys, the associations
admit it by ballot, it accredits a verifier who certifies; then it is removed and everything new that
rests on it is refused. A parameter is set; what cannot be carried out is told before anything is sent.

Usage: association.py PROGRAMS"""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
from local_network import Network  # noqa: E402

BODY = "https://new-body.example"
REFUSED = 2


class Story:
    def __init__(self, network):
        self.network = network
        self.files = network.folder
        self.count = 0

    def file(self, name):
        self.count += 1
        return self.files / f"{self.count}-{name}"

    def command(self, *arguments, refused=None):
        """What footproof prints as JSON; `refused` names the reason that it must give."""
        command = [self.network.bin / "footproof", "--json", "--node", self.network.urls[self.network.names[0]],
                   *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        expected = REFUSED if refused else 0
        assert done.returncode == expected, f"{command}\nexit {done.returncode}\n{done.stdout}{done.stderr}"
        answer = json.loads(done.stdout) if done.stdout else {}
        if refused:
            assert answer["reason"] == refused, answer
            assert answer["remedy"], answer
        return answer

    def look(self, *words):
        """What footproof ballot shows, proven by the policy."""
        answer = self.command("ballot", *words, "--policy", self.network.export_policy())
        assert answer["verified"] is True and answer["stale"] is False, answer
        assert all(one["signed"] for one in answer.get("ballots", []) if "association" in one), answer
        return answer

    def associations(self):
        return [name for name, one in self.network.parties.items() if one["role"] == "association"]

    def propose(self, by, *change, **expect):
        self.command("ballot", "propose", *change, *self.network.signed_by(by, "sign"),
                     "-o", self.file("proposal.statement"), **expect)
        if expect:
            return None
        open_ones = self.look("list")["ballots"]
        return [one["proposal"] for one in open_ones if one["proposer"] == self.network.parties[by]["uri"]][-1]

    def vote(self, by, proposal, how="--approve", **expect):
        return self.command("ballot", "vote", proposal, how, *self.network.signed_by(by, "sign"),
                            "-o", self.file("ballot.statement"), **expect)

    def decide(self, *change):
        first, second, third, _ = self.associations()
        proposal = self.propose(first, *change)
        self.vote(second, proposal)
        assert self.look("show", proposal)["state"] == "open"
        self.vote(third, proposal)
        shown = self.look("show", proposal)
        assert shown["state"] == "accepted" and shown["approve"] == shown["needed"] == 3, shown
        return proposal


with Network.temporary(sys.argv[1]) as network:
    network.start()
    network.wait_ready()
    story = Story(network)
    first, second, third, fourth = story.associations()
    policy = network.export_policy()
    secret = ["--passphrase-file", network.passphrase_file]

    # The body makes its keys and asks for them to be registered.
    key, requests = {}, []
    for usage in ("sign", "status"):
        key[usage] = story.files / f"body-{usage}.pem"
        request = story.files / f"body-{usage}.keyrequest"
        story.command("key", "new", "-o", key[usage], *secret)
        story.command("register", "request", "--key", key[usage], *secret, "--party", BODY, "--usage", usage,
                      "--policy", policy, "-o", request)
        requests += ["--key-request", request]
    by_body = {usage: ["--key", key[usage], *secret, "--issuer", BODY] for usage in key}
    admit = ["admit", BODY, "--role", "accreditation-body", "--name", "New Body", "--scheme", "cbam",
             "--regime", "eu-nab", *requests]
    grant = ["--verifier", network.parties["verifier"]["uri"], "--scope",
             "steel.cbam:cbam:iso14067-2018:reasonable", "--until", "2099-12-31", *by_body["sign"]]

    # Before, it is nobody; a dry run says that it can be admitted, and leaves nothing behind.
    story.command("accredit", "grant", "NEW-1", *grant, "-o", story.file("grant.statement"), refused="unknown-key")
    checked = story.command("ballot", "propose", *admit, *network.signed_by(first, "sign"), "--check")
    assert checked["accepted"], checked
    assert story.look("list")["ballots"] == []
    # The body itself has no say, nor has the scheme owner.
    story.propose("scheme-owner", *admit, refused="not-an-association")

    # One association changes its mind, three make the majority; a fourth comes too late.
    proposal = story.propose(first, *admit)
    story.vote(second, proposal)
    story.vote(second, proposal, refused="already-voted")
    story.vote(second, proposal, "--reject")
    story.vote(third, proposal)
    shown = story.look("show", proposal)
    assert (shown["approve"], shown["reject"], shown["needed"], shown["state"]) == (2, 1, 3, "open"), shown
    story.vote(fourth, proposal)
    assert story.look("show", proposal)["decided"], "the third approval of four decides"
    story.vote(second, proposal, refused="already-decided")

    # With its first keys the body accredits a verifier and registers the verifier's keys.
    story.command("accredit", "grant", "NEW-1", *grant, "-o", story.file("grant.statement"))
    for usage in ("sign", "status"):
        story.command("register", "add", f"{network.parties['verifier']['keys']}/{usage}.keyrequest",
                      *by_body["status"], "-o", story.file("add.statement"))
    document = story.files / "coil.json"
    document.write_text('{"id": "coil", "pcf": "1.85"}')
    sealed = story.files / "coil.sealed"
    story.command("seal", document, "-o", sealed)

    def attest(refused=None):
        output = story.file("coil.attested")
        story.command("attest", sealed, "--body", BODY, "--accreditation", "NEW-1", "--scope", "steel.cbam",
                      "--scheme", "cbam", "--scheme-version", "2025-2546", "--standard", "iso14067-2018",
                      "--until", "2099-12-31", *network.signed_by("verifier", "sign"), "-o", output, refused=refused)
        return output
    attested = attest()

    # A parameter, with its range.
    story.propose(first, "parameter", "anchoring-days-max", 0, refused="parameter-out-of-range")
    story.decide("parameter", "anchoring-days-max", 60)
    values = {one["id"]: one["value"] for one in story.look("parameters")["parameters"]}
    assert values["anchoring-days-max"] == 60, values

    # The four that are there cannot lose one; the body can go.
    story.propose(first, "remove", network.parties[fourth]["uri"], refused="too-few-associations")
    story.decide("remove", BODY)
    story.propose(first, "remove", BODY, refused="not-a-member")
    story.command("accredit", "grant", "NEW-2", *grant, "-o", story.file("grant.statement"), refused="party-removed")
    attest(refused="body-removed")

    # What was certified before stands: offline, by the policy alone.
    shown = story.files / "coil.footproof"
    story.command("disclose", sealed, attested, "-o", shown)
    verified = subprocess.run([network.bin / "footproof", "verify", shown, "--policy", policy],
                              capture_output=True, text=True)
    assert verified.returncode == 0, verified.stdout + verified.stderr

    # Every node says the same.
    network.wait_equal()
    answers = {network.get(name, "/v1/ballots/" + proposal) for name in network.names}
    assert len(answers) == 1, answers
print("association story passed")
