#!/usr/bin/env python3
"""layers.py - holds the #include lines to the order of the folders.

tools know probes, tui and common; probes and tui know common and not each
other; inside common each folder knows only those listed here. No cycles,
between folders or between headers. Includes start at the root of the tree, a
file includes its own header first, and a guard spells its path.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from tally import Tally  # noqa: E402

# A folder, and the folders it may include besides itself. The judge asks
# plan/applicability which rows apply; plan knows nothing of the judge. The
# model reads credentials out of messages; wire knows nothing of the model.
KNOWS = {
    "common/base": [],
    "common/tables": [],
    "common/wire": ["common/base"],
    "common/model": ["common/base", "common/tables", "common/wire"],
    "common/plan": ["common/base", "common/model"],
    "common/judge": ["common/base", "common/model", "common/plan",
                     "common/tables"],
    "common/dissect": ["common/base", "common/model", "common/wire"],
    "common/render": ["common/base", "common/model", "common/plan",
                      "common/judge"],
    "probes": ["common/*"],
    "probes/serve": ["probes", "common/*"],
    "tui": ["common/*"],
    "tools/shared": ["probes", "tui", "common/*"],
    "tools/edgecheck": ["tools/shared", "probes", "probes/serve", "tui",
                        "common/*"],
    "tools/edgeprobe": ["tools/shared", "probes", "tui", "common/*"],
    "tools/edgesim": ["probes", "probes/serve", "common/*"],
    "tools/edgeturn": ["tools/shared", "probes", "probes/serve", "tui",
                       "common/*"],
    "tools": ["tools/edgecheck", "tools/edgeprobe", "tools/edgesim",
              "tools/edgeturn", "probes", "probes/serve", "tui", "common/*"],
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
TOP = ("common", "probes", "tui", "tools", "tests")


def folder_of(path):
    return path.rpartition("/")[0]


def read_tree():
    tree = {}
    for top in TOP:
        for path in sorted((ROOT / top).rglob("*.[ch]")):
            name = path.relative_to(ROOT).as_posix()
            tree[name] = path.read_text(encoding="utf-8")
    return tree


def includes(tree):
    return {name: INCLUDE.findall(text) for name, text in tree.items()}


def is_known(name, tree):
    return name in tree or name.endswith(".inc")  # made by the build


def rootless(tree):
    for name, wanted in includes(tree).items():
        for other in wanted:
            if not is_known(other, tree):
                yield f"{name}: \"{other}\" is not a path from the root"


def may_include(folder, other):
    allowed = KNOWS.get(folder, [])
    return (folder == other or other in allowed
            or "common/*" in allowed and other.startswith("common/"))


def out_of_order(tree):
    for name, wanted in includes(tree).items():
        folder = folder_of(name)
        if folder.split("/")[0] == "tests":
            continue
        if folder not in KNOWS:
            yield f"{name}: folder {folder} has no row in layers.py"
            continue
        for other in wanted:
            if not may_include(folder, folder_of(other)):
                yield f"{name}: {folder} must not know {folder_of(other)}" \
                      f" (\"{other}\")"


def cycle_in(graph):
    """One cycle of {node: [nodes]} as a list, or None."""
    done, path = set(), []

    def walk(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for other in graph.get(node, []):
            found = walk(other)
            if found:
                return found
        path.pop()
        done.add(node)
        return None

    for start in graph:
        found = walk(start)
        if found:
            return found
    return None


def cycles(tree):
    headers = {name: [o for o in wanted if o.endswith(".h")]
               for name, wanted in includes(tree).items()
               if name.endswith(".h")}
    folders = {}
    for name, wanted in includes(tree).items():
        mine = folder_of(name)
        folders.setdefault(mine, set()).update(
            folder_of(other) for other in wanted if folder_of(other) != mine)
    for graph in (headers, folders):
        found = cycle_in({n: sorted(o) for n, o in graph.items()})
        if found:
            yield " -> ".join(found)


def own_header_last(tree):
    for name, wanted in includes(tree).items():
        own = name[:-2] + ".h"
        if name.endswith(".c") and own in tree and wanted[:1] != [own]:
            yield f"{name}: does not include {own} first"


def bad_guards(tree):
    for name, text in tree.items():
        if not name.endswith(".h"):
            continue
        guard = re.sub(r"[^A-Z0-9]", "_", name.upper())
        wanted = f"#ifndef {guard}\n#define {guard}\n"
        if wanted not in text:
            yield f"{name}: its guard is not {guard}"


RULES = [
    ("includes_start_at_the_root", rootless),
    ("folders_know_only_those_below", out_of_order),
    ("nothing_includes_in_a_circle", cycles),
    ("own_header_comes_first", own_header_last),
    ("guards_spell_the_path", bad_guards),
]

# A tree that breaks each rule once: the rules must notice.
BAD = {
    "common/base/arena.h": '#ifndef ARENA_H\n#define ARENA_H\n'
                           '#include "common/base/text.h"\n',
    "common/base/text.h": '#ifndef COMMON_BASE_TEXT_H\n'
                          '#define COMMON_BASE_TEXT_H\n'
                          '#include "common/base/arena.h"\n'
                          '#include "common/judge/judge.h"\n',
    "common/judge/judge.h": '#ifndef COMMON_JUDGE_JUDGE_H\n'
                            '#define COMMON_JUDGE_JUDGE_H\n',
    "common/judge/judge.c": '#include "common/base/text.h"\n'
                            '#include "common/judge/judge.h"\n',
    "tui/view.c": '#include "probes/engine.h"\n#include "judge.h"\n',
    "probes/engine.h": '#ifndef PROBES_ENGINE_H\n#define PROBES_ENGINE_H\n',
}


def main():
    tally = Tally()
    tree = read_tree()
    for name, rule in RULES:
        tally.check(name, rule(tree))
    for name, rule in RULES:
        missed = [] if list(rule(BAD)) else ["the bad sample passes"]
        tally.check("notices_when_not_" + name, missed)
    wrong = [line for line in out_of_order(BAD) if line.startswith("tui/")]
    tally.check("notices_that_tui_knows_probes",
                [] if wrong else ["the bad sample passes"])
    tally.finish()


if __name__ == "__main__":
    main()
