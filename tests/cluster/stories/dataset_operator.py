#!/usr/bin/env python3
"""The LCI operator's story against a real network: a licensed release from a folder of datasets, an
erratum, a withdrawal, a successor. A holder whose sealed declaration links to the release is warned;
no request of the holder's says what it looks for, and no byte of a dataset reaches the ledger.

Usage: dataset_operator.py PROGRAMS"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from story import Story, between  # noqa: E402

with Story.begin(sys.argv[1]) as story:
    network = story.network
    policy = network.export_policy()
    node = network.urls[network.names[0]]

    datasets = story.file("lci")
    for name, text in (("flows/secret-flow.xml", "<flow>electricity, secret mix</flow>"),
                       ("processes/coil.xml", "<process>hot rolled coil</process>"),
                       ("notes/읽어 보기.txt", "licensed")):
        (datasets / name).parent.mkdir(parents=True, exist_ok=True)
        (datasets / name).write_text(text)

    def dataset(*arguments):
        return story.signs("dataset-operator", "sign", "dataset", *arguments)

    dataset("release", "kr-lci", "2026.1", datasets, "--licensed", "--manifest", story.file("1.manifest"))
    story.ask("dataset", "check", story.file("1.manifest"), datasets)

    # The holder links to it, in a sealed file that nobody else sees.
    document = story.file("coil.json")
    document.write_text('{"pcf": {"declaredUnit": "kilogram"}}')
    story.ask("seal", document, "-o", story.file("coil.sealed"), "--link", "uses-dataset=kr-lci/2026.1@0.4")
    asked = []

    def remember(path, body):
        asked.append(path)
        return body

    with between(node, remember) as listening:
        def watch():
            return story.run("--json", "watch", story.file("coil.sealed"), "--policy", policy, "--once", "--cache",
                             story.file("cache"), nodes=[listening])

        quiet = watch()
        assert quiet.returncode == 0 and not quiet.stdout and "not here" not in quiet.stderr, quiet
        (datasets / "flows/secret-flow.xml").write_text("<flow>electricity, corrected mix</flow>")
        dataset("erratum", "kr-lci", "2026.1", datasets, "--licensed", "--manifest", story.file("1a.manifest"))
        dataset("release", "kr-lci", "2026.2", datasets, "--replaces", "2026.1", "--manifest",
                story.file("2.manifest"))
        dataset("withdraw", "kr-lci", "2026.1")
        network.wait_equal()
        warned = watch()
    assert warned.returncode == 1, warned
    warnings = [json.loads(line) for line in warned.stdout.splitlines()]
    print("\n".join(f"warned: {one['about']}: {one['what']}" for one in warnings), flush=True)
    assert [one["what"].split()[0] for one in warnings] == ["erratum", "replaced", "withdrawn"], warnings
    assert all(path == "/checkpoint" or path.startswith("/tile/statements/") for path in asked), asked

    shown = story.says("dataset", "show", "kr-lci", "2026.1", exits=1)
    assert [event["what"] for event in shown["events"]] == ["release", "erratum", "replaced", "withdrawn"], shown

    # A stranger releases nothing, and nothing more is said of what was withdrawn.
    story.refused("not-an-operator", "scheme-owner", "sign", "dataset", "release", "other-lci", "1", datasets,
                  "--check")
    story.refused("illegal-transition", "dataset-operator", "sign", "dataset", "erratum", "kr-lci", "2026.1",
                  datasets, "--check")

    # Neither names nor texts of datasets are anywhere in what the nodes keep.
    network.stop_all()
    for home in network.homes.values():
        for path in (home / "data").rglob("*"):
            if path.is_file():
                held = path.read_bytes()
                for secret in (b"secret-flow", b"hot rolled coil", b"corrected mix"):
                    assert secret not in held, path
print("dataset operator's story passed")
