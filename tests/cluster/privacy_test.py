#!/usr/bin/env python3
"""What nodes store, log and serve says nothing about a declaration: an attacker who knows the whole
document but one field tries the full range of that field and finds no digest that confirms any
value. The same declaration sealed without salts is found at once: so the attack works.

Usage: privacy_test.py PROGRAMS [--count 10001]"""
import argparse
import json
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from local_network import ROOT, Network, ask, run  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("programs")
parser.add_argument("--count", type=int, default=10001, help="0.00 to 100.00 per cent: the full range")
options = parser.parse_args()
VALUE = "83.45"
GUESS = pathlib.Path(options.programs) / "guess"

template = (ROOT / "examples" / "steel-coil.pact3.json").read_text()
KNOWN = f'"primaryDataShare": "{VALUE}"'
assert template.count(KNOWN) == 1, "the example has changed"
template = template.replace(KNOWN, '"primaryDataShare": "@@"')


def seal_and_attest(network, name, seal):
    document, sealed = network.folder / f"{name}.json", network.folder / f"{name}.sealed"
    document.write_text(template.replace("@@", VALUE))
    seal(document, sealed)
    answer = network.footproof("--json", "attest", sealed, "--until", "2027-12-31", *network.attestation_options(),
                               "-o", network.folder / f"{name}.attested")
    return json.loads(answer)["entry_id"]


def collect(network, entry_ids):
    """Everything of the nodes in one folder: their homes while they are stopped, and all they serve."""
    served = network.folder / "everything" / "served"
    shutil.rmtree(served.parent, ignore_errors=True)
    served.mkdir(parents=True)
    for name in network.names:
        size = int(network.checkpoint(name)[1])
        width = f".p/{size}" if size < 256 else ""
        paths = ["/checkpoint", "/v1/policy", "/v1/genesis", "/v1/health", f"/tile/0/000{width}",
                 f"/tile/entries/000{width}", f"/tile/statements/000{width}"]
        for entry_id in entry_ids:
            paths += [f"/v1/entries/{entry_id}", f"/v1/entries/{entry_id}/receipt",
                      f"/v1/entries/{entry_id}/statement"]
        for number, path in enumerate(paths):
            answer = ask(network.urls[name] + path)
            assert answer.status == 200, f"{path}: {answer.status}"
            (served / f"{name}-{number}").write_bytes(answer.body)
    network.stop_all()
    for name, home in network.homes.items():
        shutil.copytree(home, served.parent / name, ignore=shutil.ignore_patterns("*.pem", "LOCK"))
    network.start()
    network.wait_ready()
    return served.parent


def attack(folder, network):
    path = network.folder / "template.json"
    path.write_text(template)
    result = json.loads(run(GUESS, "try", folder, "--document", path, "--count", options.count, "--scale", 2))
    print(f"{result['guesses']} guesses for {result['candidates']} values against {result['places']} places in "
          f"{result['files']} files: {len(result['found'])} found", flush=True)
    return result["found"]


def plain_texts(value):
    """Every text of the document that is long enough not to occur by chance."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in plain_texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in plain_texts(one)]
    return [value] if isinstance(value, str) and len(value) >= 8 else []


with Network.temporary(options.programs) as network:
    network.start()
    network.wait_ready()
    network.accredit()
    salted = seal_and_attest(network, "salted", lambda document, sealed: network.footproof(
        "seal", document, "-o", sealed))
    everything = collect(network, [salted])
    stored = b"\n".join(path.read_bytes() for path in everything.rglob("*") if path.is_file())
    assert salted.encode() in stored or bytes.fromhex(salted) in stored, "nothing was collected"
    texts = plain_texts(json.loads(template))
    assert len(texts) > 10
    for text in texts:
        assert text.encode() not in stored, f"a node holds {text!r}"
    assert attack(everything, network) == []

    bare = seal_and_attest(network, "bare", lambda document, sealed: run(GUESS, "seal-without-salts", document, sealed))
    found = attack(collect(network, [salted, bare]), network)
    assert found and {one["value"] for one in found} == {VALUE}, "the attack does not even work without salts"
print("nothing to be guessed; without salts at once")
