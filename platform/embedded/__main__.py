"""`python -m embedded`: the platform on this machine, with its servers.

python -m embedded up             PostgreSQL, Valkey, web server and workers, until Ctrl-C
python -m embedded up --demo      the same, and the demonstration
python -m embedded once           the demonstration without serving; the exit status says whether it succeeded
python -m embedded run CMD ...    one command beside the servers, started for it when they do not run
"""

import argparse
import sys

from embedded.launcher import Launcher


def main() -> int:
    """Parse the command line and do it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m embedded", description="Run the platform on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="serve until Ctrl-C")
    up.add_argument("--demo", action="store_true", help="fill the house with the demonstration while serving")
    commands.add_parser("once", help="run the demonstration without serving; takes the options of `manage.py demo`")
    run = commands.add_parser("run", help="run one command beside the servers")
    run.add_argument("words", nargs=argparse.REMAINDER, help="the command, for example: manage.py shell")
    # argparse hands on what it does not know; it cannot itself collect words that begin with a dash.
    arguments, unknown = parser.parse_known_args()
    if unknown and arguments.command != "once":
        parser.error(f"unrecognised: {' '.join(unknown)}")
    launcher = Launcher()
    if arguments.command == "up":
        return launcher.up(demo=arguments.demo)
    if arguments.command == "once":
        return launcher.once(unknown)
    return launcher.run(arguments.words)


if __name__ == "__main__":
    sys.exit(main())
