"""Races: many requests that are finished at one instant.  Standard library only."""
import threading
from dav import Connection, equal


def race(requests):
    """Sends each request on its own warm connection, all but the last byte first; then the last bytes all at once."""
    lines = [Connection() for _ in requests]
    for line in lines:
        line.ask('OPTIONS', '/')
    for line, data in zip(lines, requests):
        line.send(data[:-1])
    gate, answers = threading.Barrier(len(lines)), [None] * len(lines)

    def finish(i):
        gate.wait()
        lines[i].send(requests[i][-1:])
        answers[i] = lines[i].answer()

    threads = [threading.Thread(target=finish, args=(i,)) for i in range(len(lines))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for line in lines:
        line.close()
    return answers


def expect_one(answers, wanted, refused=412):
    winners = [i for i, a in enumerate(answers) if a.status == wanted]
    equal(len(winners), 1, [a.status for a in answers])
    equal({a.status for i, a in enumerate(answers) if i != winners[0]}, {refused})
    return winners[0]
