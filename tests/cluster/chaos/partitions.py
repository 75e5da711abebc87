"""N1: parts of the network that cannot hear each other."""
import itertools

from .run import Case
from .world import World


def both_ways(pairs):
    return [pair for a, b in pairs for pair in ((a, b), (b, a))]


def majority(names):
    """Three and one: the three go on."""
    return both_ways((names[3], name) for name in names[:3]), names[:3]


def halves(names):
    return both_ways(itertools.product(names[:2], names[2:])), []


def bridge(names):
    """Two groups that share one node; one of them is a quorum."""
    return both_ways((names[3], name) for name in names[:2]), names[:3]


def ring(names):
    """Each hears its two neighbours alone."""
    return both_ways([(names[0], names[2]), (names[1], names[3])]), []


def mute(names):
    """One hears all and is heard by none."""
    return [(names[3], name) for name in names[:3]], names[:3]


def deaf(names):
    """One is heard by all and hears none."""
    return [(name, names[3]) for name in names[:3]], names[:3]


def none_hears(names):
    return both_ways(itertools.combinations(names, 2)), []


SHAPES = [majority, halves, bridge, ring, mute, deaf, none_hears]


def run(stage, count):
    seconds = 0.0
    for number in range(count):
        shape = SHAPES[number % len(SHAPES)]
        names = stage.chance.sample(stage.names, len(stage.names))
        pairs, go_on = shape(names)
        length = stage.chance.uniform(5, 12)
        stage.world.cut_all(pairs)
        if go_on:
            stage.progress(*go_on)
        stage.spend(length)
        stage.world.mend()
        stage.progress(*names)
        stage.say(f"{shape.__name__} of {', '.join(names)} for {length:.0f} s")
        seconds += length
    return count, f"{min(count, len(SHAPES))} shapes, {seconds:.0f} s in all"


CASES = [Case("N1", "partitions: three and one, halves, a bridge, a ring, mute, deaf, all alone; dropped by a router "
              "in one direction or both", World, 14, "partitions", run, short=2)]
