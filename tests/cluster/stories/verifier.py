#!/usr/bin/env python3
"""A verifier's day: attest, suspend, reinstate, supersede, revoke; each is seen offline, on both time
axes, and what the rules forbid is refused with its reason.

Usage: verifier.py PROGRAMS"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from story import Story, day  # noqa: E402

with Story.begin(sys.argv[1]) as story:
    story.network.accredit()

    coil = story.attest("coil")
    assert story.status("coil")["status"] == "active"
    assert story.verdict("coil")["verdict"] == "certified"

    # A doubt: suspended. Only who suspended it, or a superior, lifts that.
    story.signs("verifier", "status", "suspend", coil, "--reason", "data-doubt")
    assert story.status("coil")["status"] == "suspended"
    assert story.verdict("coil", exits=1)["reservations"] == ["suspended"]
    story.refused("illegal-transition", "verifier", "status", "suspend", coil, "--reason", "complaint")
    story.signs("verifier", "status", "reinstate", coil, "--reason", "cleared")
    assert story.verdict("coil")["verdict"] == "certified"

    # The body takes a suspension: the verifier cannot lift it.
    story.signs("accreditation-body", "status", "suspend", coil, "--reason", "complaint")
    story.refused("not-the-suspender", "verifier", "status", "reinstate", coil, "--reason", "cleared")
    story.signs("accreditation-body", "status", "reinstate", coil, "--reason", "cleared")
    story.refused("reason-not-allowed", "verifier", "status", "revoke", coil, "--reason", "cleared")

    # A better figure: superseded, once.
    better = story.attest("better", "--supersedes", coil)
    assert story.status("coil")["status"] == "superseded"
    assert story.verdict("coil", exits=1)["reservations"] == ["superseded"]
    answer = story.says(*story.attest_words(story.seal("rival"), "rival", "--supersedes", coil), exits=2)
    assert answer["reason"] == "already-superseded", answer

    # A misstatement found out: revoked, for good. Then the superseded one can come back.
    story.signs("verifier", "status", "revoke", better, "--reason", "misstatement")
    assert story.verdict("better", exits=2)["verdict"] == "not certified"
    story.refused("illegal-transition", "verifier", "status", "reinstate", better, "--reason", "cleared")
    story.signs("verifier", "status", "reinstate", coil, "--reason", "cleared")
    assert story.verdict("coil")["verdict"] == "certified"

    # On which day, as known by which day: before it was recorded nobody knew of it.
    assert story.status("better", "--as-of", day())["status"] == "revoked"
    assert story.status("better", "--as-of", day(-1))["status"] == "active"
    assert story.status("better", "--known-by", day(-1))["status"] == "not yet recorded"
    assert story.verdict("coil", "--known-by", day(-1), exits=1)["reservations"] == ["not-yet-recorded"]
    story.refused("effective-out-of-range", "verifier", "status", "suspend", coil, "--reason", "complaint",
                  "--effective", day(-1))
    story.network.wait_equal()
print("verifier's story passed")
