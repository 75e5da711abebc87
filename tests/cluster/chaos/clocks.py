"""C1 to C4: clocks and certificates. Nodes are told another time; the machine's clock stays."""
import contextlib
import datetime
import os
import subprocess
import time

from local_network import ROOT

from .clock import Clock
from .run import LIMIT, Case, run_case
from .world import ClockedWorld

DAY = 86400
YEAR = 365 * DAY


def jump(seconds):
    return lambda clock: clock.jump(seconds)


def speed(rate):
    return lambda clock: clock.run_at(rate)


# what: (how, whether a network all of whose clocks do so goes on)
FAULTS = {
    "1 s back": (jump(-1), True), "1 s ahead": (jump(1), True),
    "1 min back": (jump(-60), True), "1 min ahead": (jump(60), True),
    "stands still": (speed(0), True), "at half speed": (speed(0.5), True), "at double speed": (speed(2), True),
    # Every statement is from the future then, or from long ago.
    "1 day back": (jump(-DAY), False), "1 day ahead": (jump(DAY), False),
    "10 years back": (jump(-10 * YEAR), False), "10 years ahead": (jump(10 * YEAR), False),
}


def wrong_clocks(stage, count):
    """C1: of one node (the others go on), of f + 1 (nothing is lost; all goes on afterwards), of all."""
    ahead_for_ever = ("1 day ahead", "10 years ahead")  # where all agree on it, the ledger's time is ahead from then on
    cases = [(what, many) for many in (1, 2, len(stage.names)) for what in FAULTS
             if many == 1 or what not in ahead_for_ever]
    assert count <= len(cases), f"there are {len(cases)} cases"
    for what, many in cases[:count] if count > 3 else cases[3:3 + count]:
        fault, all_go_on = FAULTS[what]
        wrong = stage.chance.sample(stage.names, many)
        for name in wrong:
            fault(stage.world.clocks[name])
            told = stage.world.clocks[name].now()
            said = (stage.world.health(name) or {}).get("node_time_ms", 0) / 1000
            assert abs(said - stage.world.clocks[name].now()) < 5, f"{name} says {said}, was told {told}"
        if many == 1:
            stage.progress(*[name for name in stage.names if name not in wrong])
        elif many == len(stage.names) and all_go_on:
            stage.progress(*stage.names)
        stage.spend(stage.chance.uniform(1, 3))
        for name in wrong:
            stage.world.clocks[name].right()
        stage.progress(*stage.names)
        stage.say(f"{what}: {', '.join(wrong)}")
    return count, f"{count} of {len(cases)}: jumps of 1 s to 10 years, standing still, half and double speed, on 1, 2, all"


def timers(stage, count):
    """C4: the wall clocks of all are set back again and again: no link is taken for dead, and nothing waits for the
    clock to come back."""
    def links_lost():
        return sum(stage.world.log(name).count("peer_down") for name in stage.names)
    before = links_lost()
    for _ in range(count):
        for seconds in (-3600, -1, -60, 3600, -30, -86400):
            for name in stage.names:
                stage.world.clocks[name].jump(seconds)
            if seconds != -86400:
                stage.progress(*stage.names)
            stage.spend(3)
        for name in stage.names:
            stage.world.clocks[name].right()
        stage.progress(*stage.names)
    assert links_lost() == before, f"{links_lost() - before} links were lost"
    return count, "every wall clock set back by 1 s to a day: no link lost, statements logged meanwhile"


# -- C2

def moment(*fields):
    return datetime.datetime(*fields, tzinfo=datetime.timezone.utc).timestamp()


# what: (a network begins then, the time zone of its processes, what all clocks do in the middle)
MOMENTS = {
    "2038-01-19 03:14:07, the end of 31 bits": (2 ** 31 - 25, "UTC", None),
    "a leap second": (moment(2016, 12, 31, 23, 59, 35), "UTC", jump(-1)),
    "summer time begins": (moment(2026, 3, 29, 0, 59, 35), "Europe/Berlin", None),
    "summer time ends": (moment(2026, 11, 1, 5, 59, 35), "America/New_York", None),
    "29 February becomes 1 March": (moment(2028, 2, 29, 23, 59, 35), "Asia/Seoul", None),
}


@contextlib.contextmanager
def told(clock, zone):
    """All that we start is told that time, where nobody says otherwise."""
    before = dict(os.environ)
    os.environ.update(clock.environment(), TZ=zone)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def moments(programs, count, seed):
    """C2: a network made shortly before such a moment and used until after it. Then dates from before 1970."""
    texts = []
    for what, (begin, zone, middle) in list(MOMENTS.items())[:count]:
        path = ROOT / "build" / f"chaos-birth-{os.getpid()}.clock"
        birth = Clock(programs, path)
        try:
            birth.set(begin)
            world = type("BornThen", (ClockedWorld,), {"birth": birth})

            def live_through(stage, _, what=what, begin=begin, middle=middle):
                stage.world.wait("that moment", lambda: birth.now() > begin + 25, LIMIT)
                if middle:
                    for clock in stage.world.clocks.values():
                        middle(clock)
                stage.progress(*stage.names)
                old_dates(stage)
                return 1, what
            with told(birth, zone):
                run_case(Case("C2", what, world, 1, "moment", live_through), programs, 1, seed)
        finally:
            birth.close()
            path.unlink()
        texts.append(what)
        print(f"  {what}", flush=True)
    return len(texts), f"{'; '.join(texts)}; dates before 1970 refused with a reason"


def old_dates(stage):
    world = stage.world
    sealed = world.folder / "old.sealed"
    world.footproof("seal", ROOT / "examples/steel-coil.pact3.json", "-o", sealed)
    for day in ("1969-12-31", "0001-01-01", "1900-02-29", "-0001-01-01"):
        done = subprocess.run([world.bin / "footproof", "--node", world.urls[world.names[0]], "attest", sealed,
                               *world.attestation_options(), "--until", day, "-o", world.folder / "old.attested"],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode in (2, 4), f"--until {day}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        assert done.stderr.strip() or done.stdout.strip(), f"--until {day}: no reason"


# -- C3

def certificate(world, name, starts_in, lasts_days):
    """A certificate of the same key, valid from so many seconds from now."""
    clock = Clock(world.bin, world.folder / "certificate.clock")
    try:
        clock.jump(starts_in)
        keys = world.homes[name] / "keys"
        subprocess.run(["openssl", "req", "-x509", "-new", "-key", keys / "tls.pem", "-subj", "/CN=footproof",
                        "-days", str(lasts_days), "-out", keys / "tls.crt"], check=True, capture_output=True,
                       env=clock.environment())
    finally:
        clock.close()


def linked(world, name):
    """How many of the others have a link to it."""
    return sum(f'footproof_peer_connected{{peer="{name}"}} 1' in world.get(other, "/metrics").decode()
               for other in world.names if other != name)


def refused_at_start(stage, victim, starts_in):
    world = stage.world
    world.stop(victim)
    certificate(world, victim, starts_in, 1)
    world.start(victim)
    world.wait(f"{victim} to refuse to start", lambda: world.pid(victim) is None, LIMIT)
    assert "validity period" in world.log(victim).splitlines()[-1], world.log(victim)[-300:]
    stage.progress(*[name for name in stage.names if name != victim])


def refused_by_others(stage, victim, starts_in):
    """Its own clock is wrong by as much, so that it finds nothing amiss."""
    world = stage.world
    world.stop(victim)
    certificate(world, victim, starts_in, 1)
    world.clocks[victim].jump(starts_in + DAY / 2)
    world.start(victim)
    world.wait(f"{victim} to run", lambda: world.health(victim), LIMIT)
    stage.spend(8)  # longer than it takes to dial again
    assert linked(world, victim) == 0, f"{linked(world, victim)} took a certificate that is not valid now"
    stage.progress(*[name for name in stage.names if name != victim])
    world.stop(victim)
    world.clocks[victim].right()


def certificates(stage, _):
    """C3"""
    world = stage.world
    victim = stage.chance.choice(stage.names)
    whole = (world.homes[victim] / "keys" / "tls.crt").read_bytes()

    def good_again():
        world.stop(victim)
        (world.homes[victim] / "keys" / "tls.crt").write_bytes(whole)
        world.start(victim)
        world.wait_ready(victim, seconds=LIMIT)
        stage.progress(*stage.names)

    for starts_in in (-2 * DAY, 2 * DAY):  # expired, not yet valid
        refused_at_start(stage, victim, starts_in)
        refused_by_others(stage, victim, starts_in)
        good_again()
    world.stop(victim)
    certificate(world, victim, 30 - DAY, 1)
    expires = time.monotonic() + 31
    world.start(victim)
    world.wait_ready(victim, seconds=25)
    world.wait("the certificate to expire", lambda: time.monotonic() > expires, LIMIT)
    assert linked(world, victim) == 3, "a link ended because a certificate expired during it"
    stage.progress(*stage.names)
    good_again()
    return 5, ("expired, not yet valid: refused at the start with the reason, and by every other node where its own clock "
               "is wrong; expiring while linked: the link stays")


CASES = [
    Case("C1", "wrong clocks on 1, 2, all of 4 nodes", ClockedWorld, 29, "cases", wrong_clocks, short=3),
    Case("C2", "2038, a leap second, summer time, 29 February, dates before 1970", ClockedWorld, len(MOMENTS), "moments",
         None, alone=moments),
    Case("C3", "certificates expired, not yet valid, about to expire", ClockedWorld, 5, "cases", certificates),
    Case("C4", "timers are monotonic: wall clocks of all set back under load", ClockedWorld, 1, "times", timers),
]
