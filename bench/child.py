"""The process in which a contender runs, a new one for each run: `python -m bench.child CONTENDER`.

It works as a Lambda function's environment does. It imports the contender, makes the clients, and
then takes one event after another: each is a line of JSON on its standard input. It answers each
event with a line of JSON: the contender's answer, and the usage of this process. Before that, its
first line is the usage of the start.
"""

import json
import os
import sys
from dataclasses import asdict
from importlib import import_module

from bench.measure import Usage, cpu_seconds, measured, peak_rss
from bench.traffic import Traffic


def main() -> None:
    """Runs until its standard input ends."""
    # A contender may print, as the worker logs to standard output. That must not be an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    module, _, name = sys.argv[1].partition(":")
    traffic = Traffic()
    traffic.listen()
    with measured(traffic) as start:
        run = getattr(import_module(module), name)()
    # The CPU of the start includes that of the interpreter's own start.
    started = Usage(start.usage.seconds, cpu_seconds(), peak_rss())
    print(json.dumps(asdict(started)), file=answers)
    for line in sys.stdin:
        with measured(traffic) as event:
            answer = run(json.loads(line))
        print(json.dumps({"answer": answer, "usage": asdict(event.usage)}), file=answers)


if __name__ == "__main__":
    main()
