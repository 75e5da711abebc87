"""K3: one validator's memory is taken from it: an older copy of its folder put back, or run beside the original,
its database alone rolled back, another's folder, no folder at all.

Each time in a network of its own, since one such validator is what four can bear, and it may never vote again.
Whatever it says, the others must lose nothing and go on; and it follows them in the end, as its manual says."""
import random
import shutil
import subprocess

from .run import LIMIT, Case, run_together
from .world import World

CLONE = 9  # the number of its cable


def run(programs, count, seed):
    kinds = [whole_folder, no_folder, clone, database_alone, another_folder]
    for number in range(count):
        kind = kinds[number % len(kinds)]

        def take(stage, _, kind=kind):
            victim = stage.chance.choice(stage.names)
            # What it says of itself while its own past is used against it.
            stage.errors_expected.append("event=alarm|own_key|evidence")
            stage.followers.append(victim)
            others = [name for name in stage.names if name != victim]
            said = kind(stage, victim, others)
            stage.progress(*others)
            stage.say(f"{kind.__name__.replace('_', ' ')}: {said}")
            return 1, said
        case = Case("K3", "", World, 1, "times", take)
        run_together([(case, 1)], programs, random.Random(seed + number).randrange(2 ** 31))
    names = [kinds[number % len(kinds)].__name__.replace("_", " ") for number in range(count)]
    made = ", ".join(f"{names.count(name)} {name}" for name in dict.fromkeys(names))
    return count, f"{made}, each in a network of its own: nothing lost"


def copy_now(stage, victim, target):
    """As a backup of a machine that was switched off."""
    world = stage.world
    world.crash(victim)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(world.homes[victim] / "data", target)
    height = restart(stage, victim)
    blocks = stage.chance.choice((1, 5, 20, 100))
    world.wait(f"{blocks} blocks", lambda: (world.health(victim) or {}).get("height", 0) >= height + blocks, LIMIT * 2)
    return blocks


def restart(stage, victim):
    """It runs and follows the others, whether it votes or not. Its height."""
    stage.world.start(victim)
    stage.follows(victim)
    return stage.world.health(victim)["height"]


def votes(stage, victim):
    return "it votes" if not (stage.world.homes[victim] / "data" / "observer").exists() else "it votes no more"


def replace_data(stage, victim, source):
    data = stage.world.homes[victim] / "data"
    shutil.rmtree(data)
    shutil.copytree(source, data)
    stage.client.history.replaced(victim)


def last_words(stage, victim):
    """It refuses to start: with a reason."""
    world = stage.world
    world.start(victim)
    world.wait(f"{victim} to refuse to start", lambda: world.pid(victim) is None, LIMIT)
    return world.log(victim).splitlines()[-1]


def whole_folder(stage, victim, others):
    """Nothing in it tells that it is old: its log and its anchor agree."""
    old = stage.world.folder / "old"
    blocks = copy_now(stage, victim, old)
    stage.world.crash(victim)
    replace_data(stage, victim, old)
    restart(stage, victim)
    return f"{blocks} blocks ago; {votes(stage, victim)}"


def clone(stage, victim, others):
    """A second process with the same keys and an old folder, on another machine, while the first one runs."""
    world = stage.world
    old = world.folder / "old"
    blocks = copy_now(stage, victim, old)
    home = world.folder / "clone"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(world.homes[victim], home, ignore=shutil.ignore_patterns("data", "footproofd.*"))
    shutil.copytree(old, home / "data")
    config = home / "config.toml"
    config.write_text(config.read_text().replace(world.address(victim), f"10.77.{CLONE}.1"))
    world.add_namespace("clone", CLONE)
    try:
        with open(home / "footproofd.log", "wb") as log:
            process = subprocess.Popen([*world.within("clone"), world.bin / "footproofd", config], stdout=log,
                                       stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        for _ in range(4):
            stage.progress(*others)
            stage.spend(2)
        ended = process.poll()
        process.kill()
        process.wait()
    finally:
        world.remove_namespace("clone")
    if world.pid(victim) is None:
        said = world.log(victim).splitlines()[-1]
        restart(stage, victim)
        return f"{blocks} blocks ago; the original ended: {said}"
    stage.follows(victim)
    words = (home / "footproofd.log").read_text(errors="replace").splitlines()
    return f"{blocks} blocks ago; the clone " + ("ran" if ended is None else f"ended with {ended}: {words[-1]}") + f"; the original: {votes(stage, victim)}"


def database_alone(stage, victim, others):
    """The anchor beside it knows better."""
    world = stage.world
    old = world.folder / "old"
    blocks = copy_now(stage, victim, old)
    world.crash(victim)
    data = world.homes[victim] / "data"
    whole = world.folder / "whole"
    shutil.rmtree(whole, ignore_errors=True)
    shutil.copytree(data, whole)
    shutil.rmtree(data / "ledger")
    shutil.copytree(old / "ledger", data / "ledger")
    said = last_words(stage, victim)
    shutil.rmtree(data)
    shutil.copytree(whole, data)
    restart(stage, victim)
    assert "rolled-back" in said, said
    return f"{blocks} blocks ago; refused: {said}"


def another_folder(stage, victim, others):
    world = stage.world
    other = others[0]
    data = world.homes[victim] / "data"
    whole = world.folder / "whole"
    world.crash(victim)
    shutil.rmtree(whole, ignore_errors=True)
    data.rename(whole)
    world.pause(other)  # it is copied as it stands
    shutil.copytree(world.homes[other] / "data", data)
    world.resume(other)
    said = last_words(stage, victim)
    shutil.rmtree(data)
    whole.rename(data)
    restart(stage, victim)
    assert "vote key" in said, said
    return f"refused: {said}"


def no_folder(stage, victim, others):
    """It must not come back as if it were new: it follows, and never votes."""
    world = stage.world
    world.crash(victim)
    shutil.rmtree(world.homes[victim] / "data")
    stage.client.history.replaced(victim)
    done = subprocess.run([world.bin / "footproofd", world.homes[victim] / "config.toml"], capture_output=True, text=True)
    assert done.returncode == 3 and "--init-observer" in done.stderr, done.stderr
    done = subprocess.run([world.bin / "footproofd", "--init-observer", world.homes[victim] / "config.toml"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    restart(stage, victim)
    return "refused until it is made an observer; then it followed"


CASES = [Case("K3", "memory taken from one validator: its folder or database from earlier, a clone beside it, another's "
              "folder, none", World, 10, "times", None, alone=run)]
