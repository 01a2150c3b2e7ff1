"""tally.py - counts what a test program written in Python found."""

import sys


class Tally:
    """Each check has a name that says what is true, and its problems."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, problems=()):
        problems = list(problems)
        if problems:
            self.failed += 1
            print(f"FAILED {name}")
            for problem in problems:
                print(f"       {problem}")
        else:
            self.passed += 1
            print(f"ok     {name}")
        sys.stdout.flush()

    def same(self, name, got, expected):
        """Compares two texts as a whole, showing both when they differ."""
        if got == expected:
            self.check(name)
        else:
            self.check(name, ["expected: " + repr(expected),
                              "got:      " + repr(got)])

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)
