#!/usr/bin/env python3
"""An accreditation body: grants with a date in the past, extends, reduces, suspends, reinstates, withdraws;
brings its list in, looking first; lets one attestation and one catalogue be recorded late. Past work stands.

Usage: accreditation_body.py PROGRAMS"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from story import Story, day  # noqa: E402

STEEL = "steel.cbam:cbam:iso14067-2018"

with Story.begin(sys.argv[1]) as story:
    network = story.network
    body = network.parties["accreditation-body"]["uri"]
    verifier = network.parties["verifier"]["uri"]

    def accredits(action, *more):
        return story.signs("accreditation-body", "sign", "accredit", action, "A-1", *more)

    # Effective before it is recorded; two scopes under one id, recognised under one regime.
    accredits("grant", "--verifier", verifier, "--scope", f"{STEEL}:limited", "--scope",
              "battery.cfb:kitech-cfp:iso14067-2018:limited", "--regime", "iaf-mla", "--effective", day(-60),
              "--until", day(900))
    for usage in ("sign", "status"):
        story.signs("accreditation-body", "status", "register", "add",
                    f"{network.parties['verifier']['keys']}/{usage}.keyrequest")
    story.attest("coil", "--issued", day(-30))
    assert story.verdict("coil", "--regime", "iaf-mla")["verdict"] == "certified"
    assert story.verdict("coil", "--regime", "eu-nab", exits=1)["reservations"] == ["not-recognised"]

    # Nobody else changes it; an extension adds, a reduction takes away.
    story.refused("not-a-body", "scheme-owner", "sign", "accredit", "suspend", "A-1", "--reason", "investigation")
    high = story.attest_words(story.seal("high"), "high", "--assurance", "reasonable")
    assert story.says(*high, exits=2)["reason"] == "assurance-not-covered"
    story.refused("not-an-extension", "accreditation-body", "sign", "accredit", "extend", "A-1", "--scope",
                  f"{STEEL}:reasonable")
    accredits("extend", "--scope", f"{STEEL}:reasonable", "--scope",
              "battery.cfb:kitech-cfp:iso14067-2018:limited")
    story.attest("higher", "--assurance", "reasonable")
    accredits("reduce", "--scope", f"{STEEL}:reasonable", "--reason", "investigation")

    # Its own list: first only looked at, then brought in; a second time nothing is left to do.
    scopes = story.file("scopes.csv")
    scopes.write_text("accreditation,verifier,scope,scheme,standards,assurance,from,until,regimes\n"
                      f"A-1,{verifier},steel.cbam,cbam,iso14064-3-2019 iso14067-2018,limited,{day(-60)},{day(900)},"
                      "iaf-mla\n"
                      f"A-2,{verifier},textile,pact,iso14067-2018,limited,{day(-1)},{day(300)},\n")
    listed = ["accredit", "import", scopes, "--issuer", body]
    planned = story.says(*listed, "--dry-run")
    assert [one["action"] for one in planned] == ["extend", "reduce", "grant"], planned
    assert {one["status"].strip() for one in planned} == {"planned"}
    assert story.says(*listed, "--dry-run") == planned, "a dry run changed something"
    signer = network.signed_by("accreditation-body", "sign")
    done = story.says("accredit", "import", scopes, *signer, "--folder", story.folder)
    assert [one["status"].strip() for one in done] == ["logged"] * 3, done
    again = story.says(*listed, "--dry-run")
    assert [one["status"].strip() for one in again] == ["same"] * 2, again

    # Suspended and reinstated; then withdrawn. What was attested before stands.
    accredits("suspend", "--reason", "investigation")
    assert story.says(*story.attest_words(story.seal("early"), "early"), exits=2)["reason"] == \
        "accreditation-not-in-force"
    accredits("reinstate", "--reason", "cleared")
    accredits("withdraw", "--reason", "misstatement", "--effective", day())
    story.refused("illegal-transition", "accreditation-body", "sign", "accredit", "reinstate", "A-1",
                  "--reason", "cleared")
    # Dated the very day that these were recorded on, it takes in that day: hindsight says so. Neither is
    # revoked.
    verdict = story.verdict("coil", exits=1)
    assert verdict["reservations"] == ["accreditation-withdrawn"], verdict
    assert story.status("coil")["status"] == "active"
    assert story.verdict("coil", "--known-by", day(-1), exits=1)["reservations"] == ["not-yet-recorded"]

    # Issued while it was accredited, recorded only now: with the body's word, and marked for ever.
    sealed = story.seal("late")
    dated = ["--issued", day(-20)]
    assert story.says(*story.attest_words(sealed, "late", *dated), exits=2)["reason"] == \
        "accreditation-not-in-force"
    story.ask(*story.attest_words(sealed, "late", *dated, "--late-request", story.file("late.request")))
    who = network.parties["accreditation-body"]
    story.ask("accredit", "countersign", story.file("late.request"), "--key", f"{who['keys']}/sign.pem",
              "--passphrase-file", network.passphrase_file, "-o", story.file("late.countersigned"))
    story.file("late.attested").unlink()
    story.ask(*story.attest_words(sealed, "late", *dated, "--countersignature", story.file("late.countersigned")))
    assert story.status("late")["anchored_late"] is True
    verdict = story.verdict("late")
    assert verdict["verdict"] == "certified", verdict
    assert "anchored late" in next(line["reason"] for line in verdict["lines"] if line["line"] == "accreditation")

    # A whole catalogue with one signature; each step killed where it hurts most, and run again.
    members = 200
    (story.file("in")).mkdir()
    for number in range(members):
        (story.file("in") / f"{number:04}.json").write_text(json.dumps({"specVersion": "3.0.3", "id": number}))
    story.ask("seal", "--catalogue", story.file("in"), "-o", story.file("sealed"))
    catalogue, asked = story.file("late.catalogue"), story.file("catalogue.request")
    arranged = story.file("late.catalogue.arranged")
    words = ["attest", "--catalogue", story.file("sealed"), *network.attestation_options(), "--until", day(700),
             "-o", catalogue, *dated]
    story.killed(arranged.exists, *words, "--late-request", asked)
    order = arranged.read_bytes() if arranged.exists() else None
    story.ask(*words, "--late-request", asked)
    assert order in (None, arranged.read_bytes()), "arranged anew after it was fixed"
    answer = story.file("catalogue.countersigned")
    story.ask("accredit", "countersign", asked, "--key", f"{who['keys']}/sign.pem", "--passphrase-file",
              network.passphrase_file, "-o", answer)
    size = network.checkpoint(network.names[0])[1]
    story.killed(catalogue.exists, *words, "--countersignature", answer)
    first = story.says(*words, "--countersignature", answer)["entry_id"]
    assert story.says(*words, "--countersignature", answer)["entry_id"] == first, "signed twice"
    assert int(network.checkpoint(network.names[0])[1]) <= int(size) + 2, "more than one statement was logged"
    shown = story.says("status", catalogue, "--members", story.file("sealed"), "--policy", network.export_policy())
    assert shown["status"] == "active" and shown["members"]["active"] == members, shown
    story.ask("disclose", story.file("sealed") / "0007.sealed", catalogue, "--refresh", "--profile", "none", "-o",
              story.file("7.footproof"))
    verdict = story.says("verify", story.file("7.footproof"), "--policy", network.export_policy())
    assert "anchored late" in next(line["reason"] for line in verdict["lines"] if line["line"] == "accreditation")
    network.wait_equal()
print("accreditation body's story passed")
