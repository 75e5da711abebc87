"""N7, K1, K2, K4: processes that are stopped, killed, paused, or run out of something."""
import resource
import socket
import time

from .run import LIMIT, Case
from .world import HTTP_PORT, World

LENGTHS = (1, 3, 10, 40)  # seconds of a shortage; each holds for five of them


def rolling_restarts(stage, count):
    """N7: one after the other is stopped cleanly and started, then all at once."""
    world = stage.world
    for _ in range(count):
        for name in stage.chance.sample(stage.names, len(stage.names)):
            assert world.stop(name, seconds=LIMIT) == 0, f"{name} did not stop cleanly"
            stage.progress(*[other for other in stage.names if other != name])
            world.start(name)
            world.wait_ready(name, seconds=LIMIT)
        for name in stage.names:
            assert world.stop(name, seconds=LIMIT) == 0, f"{name} did not stop cleanly"
        world.start()
        world.wait_ready(*stage.names, seconds=LIMIT)
        stage.progress(*stage.names)
    return count, f"{count} rounds of {len(stage.names)} stops one by one and one of all"


def kills(stage, count):
    """K1: a node drawn by chance is killed under load and started 0 to 10 s later, one in three before the one
    before it is ready again."""
    world, chance = stage.world, stage.chance
    for _ in range(count):
        victim = chance.choice(stage.names)
        world.crash(victim)
        stage.spend(chance.choice((0, 0.2, 1, 10)) * chance.random())
        world.start(victim)
        if chance.random() < 0.67:
            world.wait_ready(*stage.names, seconds=LIMIT)
            stage.progress(*stage.names, statements=2)
    return count, f"{count} nodes killed under load"


def kills_of_all(stage, count):
    """K2: all of them within 50 ms."""
    world, slowest = stage.world, 0.0
    for _ in range(count):
        stage.spend(stage.chance.uniform(0, 3))
        began = time.monotonic()
        for name in stage.names:
            world.kill(name)
        slowest = max(slowest, time.monotonic() - began)
        world.crash()
        world.start()
        world.wait_ready(*stage.names, seconds=LIMIT)
        stage.progress(*stage.names, statements=2)
    assert slowest < 0.05, f"it took {slowest * 1000:.0f} ms to kill all"
    return count, f"{count} times all {len(stage.names)}, within {slowest * 1000:.1f} ms at most"


def shortages(stage, count):
    """K4: a node is paused for 1 to 40 s; has no descriptors left; gets no memory any more. The others go on. It may
    end for want of something, with a reason; it comes back."""
    made = {pause: 0, descriptors: 0, memory: 0}
    ended = 0
    for number in range(count):
        victim = stage.chance.choice(stage.names)
        kind = (pause, pause, descriptors, pause, memory)[number % 5]
        others = [name for name in stage.names if name != victim]
        kind(stage, victim, others, LENGTHS[number // 5 % len(LENGTHS)])
        made[kind] += 1
        if stage.world.pid(victim) is None:
            ended += 1
            why = [line for line in stage.world.log(victim).splitlines() if "level=info" not in line][-2:]
            stage.say(f"{kind.__name__}: {victim} ended: {why}")
            stage.world.start(victim)
        stage.world.wait_ready(*stage.names, seconds=LIMIT)
        stage.progress(*stage.names)
    return count, (f"{made[pause]} pauses, {made[descriptors]} times no descriptors, {made[memory]} times no memory; "
                   f"{ended} ended for it and were started again")


def pause(stage, victim, others, seconds):
    stage.world.pause(victim)
    stage.progress(*others)
    stage.spend(seconds)
    stage.world.resume(victim)


def descriptors(stage, victim, others, seconds):
    """Its limit is what it has open, and clients take those few."""
    stage.errors_expected.append("disk_failed.*(Too many open files|files)")
    pid = stage.world.pid(victim)
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (stage.world.open_files(victim) + 2, before[1]))
    clients = []
    try:
        for _ in range(30):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex((stage.world.address(victim), HTTP_PORT))
            clients.append(client)
        stage.progress(*others)
        stage.spend(min(seconds, 5))
    finally:
        for client in clients:
            client.close()
        if stage.world.pid(victim) == pid:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def memory(stage, victim, others, seconds):
    """Its address space may not grow any more."""
    stage.errors_expected.append("bad_alloc|emory")
    pid = stage.world.pid(victim)
    before = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (stage.world.address_space(victim), before[1]))
    stage.progress(*others)
    stage.spend(min(seconds, 5))
    if stage.world.pid(victim) == pid:
        resource.prlimit(pid, resource.RLIMIT_AS, before)


CASES = [
    Case("N7", "stopped and started one at a time under load, then all at once", World, 3, "rounds", rolling_restarts,
         short=1),
    Case("K1", "kill -9 of a node by chance under load, started again after 0 to 10 s", World, 100, "kills", kills,
         short=4),
    Case("K2", "kill -9 of all nodes within 50 ms", World, 30, "times", kills_of_all, short=2),
    Case("K4", "SIGSTOP for 1 to 40 s, no file descriptors, no memory", World, 20, "shortages", shortages, short=3),
]
