# SPDX-License-Identifier: BSD-2-Clause
"""
Prints the last events of a search, in a build with DEBUG=1 (lib/base/trace.h):

    gdb -x test/gdb/trace.py --args build/debug/psearch ...
    (gdb) ps-trace s            s: an expression for a struct search *
    (gdb) ps-trace s 20         only the last 20

A line is one event: its number, milliseconds before the last one, the thread, what happened, to what, and a value: the
entries of a claim that was made, expanded or split, the bytes of a batch pushed, the bytes still queued after a
release, what a producer wants (enum ps_want), or an error.
"""
import gdb

EVENTS = 256
OF_CLAIMS = ('claim', 'finish', 'pass', 'head', 'attach', 'retire', 'expand', 'split')


def thread_names():
    """The threads that exist, by the system's numbers."""
    return {thread.ptid[1]: thread.name for thread in gdb.selected_inferior().threads()}


def index_in(array, count, address):
    """Which element of an array an address lies in, or None."""
    size = array.type.target().sizeof
    first = int(array)
    inside = first != 0 and first <= address < first + count * size
    return (address - first) // size if inside else None


def name_of(search, what, address):
    """What an event happened to: what belongs to the search gets a name."""
    rings = search['queue'].dereference() if int(search['queue']) != 0 else None
    if rings is not None:
        ring = index_in(rings['outlets'], int(rings['options']['rings']), address)
        if ring is not None:
            return f'ring {ring}'
    worker = index_in(search['workers'], int(search['settings']['workers']), address)
    if worker is not None:
        return f'worker {worker}'
    for part, name in ((search['iterator'], 'the caller'), (search, 'the search')):
        if int(part.address) <= address < int(part.address) + part.type.sizeof:
            return name
    return f'claim {address:#x}' if what in OF_CLAIMS else f'{address:#x}'


class Trace(gdb.Command):
    """ps-trace SEARCH [COUNT]: the last events of a search."""

    def __init__(self):
        super().__init__('ps-trace', gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if not words:
            raise gdb.GdbError('ps-trace SEARCH [COUNT]: SEARCH is an expression for a struct search *')
        search = gdb.parse_and_eval(words[0])
        if 'struct search *' not in str(search.type.unqualified()):
            search = search.cast(gdb.lookup_type('struct search').pointer())
        search = search.dereference()
        if 'trace' not in [field.name for field in search.type.fields()]:
            raise gdb.GdbError('this build has no trace: make DEBUG=1 BUILD=build/debug')
        self.show(search, min(int(words[1]) if len(words) > 1 else EVENTS, EVENTS))

    def show(self, search, count):
        trace = search['trace']
        end = int(trace['next'])
        threads = thread_names()
        events = [(i, trace['events'][i % EVENTS]) for i in range(max(end - count, 0), end)]
        events = [(i, event) for i, event in events if int(event['what']) != 0]
        last = max([int(event['time']) for _, event in events], default=0)
        for i, event in events:
            thread = int(event['thread'])
            before = (int(event['time']) - last) / 1e6
            what = event['what'].string()
            about = name_of(search, what, int(event['about']))
            gdb.write(f'{i:7} {before:11.3f} ms  {threads.get(thread) or thread:<12} {what:<30} '
                      f'{about:<22} {int(event["value"])}\n')


Trace()
