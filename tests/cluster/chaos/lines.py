"""N2, N3: bad lines between the validators, made by the relay."""
import re
import time

from .run import LIMIT, Case
from .world import RelayedWorld


# Why a link may end where bytes of its stream were changed: below the messages.
TRANSPORT = re.compile("SSL|truncated|Broken pipe|reset by peer|End of file|nothing heard for|replaced by another link")


def bad_lines(stage, minutes):
    """N2: every direction of every line has its own delay, loss and resets, drawn anew every 20 s. One validator's
    lines are worst."""
    relay, chance = stage.world.relay, stage.chance
    end = time.monotonic() + 60 * minutes
    rounds = 0
    while time.monotonic() < end:
        worst = chance.choice(stage.names)
        for pair, line in relay.lines.items():
            line.delay = chance.uniform(0, 0.05 if worst not in pair else 0.5)
            line.jitter = line.delay * chance.random()
            line.loss = chance.uniform(0, 0.02 if worst not in pair else 0.2)
            line.reset = chance.uniform(0, 0.002)
            line.rate = chance.choice((0, 0, 200_000)) if worst in pair else 0
        stage.progress(*[name for name in stage.names if name != worst])
        stage.spend(min(20, max(0, end - time.monotonic())))
        rounds += 1
    stalls, resets = relay.sum("stalls"), relay.sum("resets")
    assert stalls and resets, "the relay did nothing"
    return minutes, (f"{rounds} drawings of delay to 0.5 s, loss to 20 %, resets: {stalls:,} stalls, {resets:,} resets, "
                     f"{relay.sum('passed') / 1e6:.0f} MB passed")


def flips(stage, count):
    """N3: one bit turned, or one byte left out, in one connection after the other: that connection ends, and
    nothing of it was taken for a message."""
    world, relay = stage.world, stage.world.relay
    before = {name: world.metric(name, "links_dropped_total") for name in stage.names}
    made = relay.sum("spoiled")
    while relay.sum("spoiled") < made + count:
        target = min(relay.sum("spoiled") + 50, made + count)
        wanted = target - relay.sum("spoiled")
        for number, pair in enumerate(stage.chance.sample(sorted(relay.lines), len(relay.lines))):
            relay.lines[pair].spoil = wanted // 12 + (number < wanted % 12)
        world.wait("bits to be turned", lambda: relay.sum("spoiled") >= target, LIMIT * 2)
    spoiled = relay.sum("spoiled") - made
    world.wait("every connection with a turned bit to end", lambda: relay.sum("spoiled_ended") >= spoiled, LIMIT)
    for name in stage.names:
        dropped = world.metric(name, "links_dropped_total") - before[name]
        assert dropped == 0, f"{name} dropped {dropped} links for what it read in them: a changed byte reached the parser"
        assert world.metric(name, "evidence_total") == 0
        ends = re.findall('peer_down .*why="?([^"\n]*)', world.log(name))
        strange = [why for why in ends if not TRANSPORT.search(why)]
        assert not strange, f"{name} closed links for {strange[:5]}"
    return spoiled, f"{spoiled:,} connections with one bit turned or one byte left out, each ended"


CASES = [
    Case("N2", "bad lines: delay to 500 ms, loss to 20 % of segments as stalls, resets within a frame", RelayedWorld, 5,
         "minutes", bad_lines),
    Case("N3", "one bit turned or one byte left out in a TLS stream", RelayedWorld, 2000, "connections", flips, short=60),
]
