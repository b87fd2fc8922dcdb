"""The process that a contender runs in, a fresh one each time: `python -m bench.child CONTENDER`.

It is what a Lambda function's environment is: it imports, makes its clients, and then takes one
event after another, each a line of JSON on its standard input. Its answers, a line each, say what
the event took of this process; the first line says what the start took.
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
    # What a contender prints (the worker logs to standard output) is not an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    module, _, name = sys.argv[1].partition(":")
    traffic = Traffic()
    traffic.listen()
    with measured(traffic) as start:
        run = getattr(import_module(module), name)()
    # The interpreter's own start counts too.
    started = Usage(start.usage.seconds, cpu_seconds(), peak_rss())
    print(json.dumps(asdict(started)), file=answers)
    for line in sys.stdin:
        with measured(traffic) as event:
            answer = run(json.loads(line))
        print(json.dumps({"answer": answer, "usage": asdict(event.usage)}), file=answers)


if __name__ == "__main__":
    main()
