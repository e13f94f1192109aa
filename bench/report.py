#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Turns the figures of bench/run into RESULTS.md, and with gnuplot into plots.

usage: bench/report.py DIRECTORY [DIRECTORY]

Reads results.json in the first directory, and writes into the second, by default the same.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys

sys.dont_write_bytecode = True

from cases import CASES
from peers import PEERS

AHEAD = 0.97  # of psearch's figure: what is nearer than that is noise
BEHIND = 1.3  # of another's figure: of many searches those beyond it are named
COLOURS = {'psearch': '#d62728', 'floor': '#999999', 'rg': '#1f77b4', 'rg --no-mmap': '#6baed6',
           'rg --sort': '#9ecae1', 'ugrep': '#2ca02c', 'ugrep --sort': '#98df8a', 'git grep': '#ff7f0e',
           'grep': '#9467bd', 'grep -P': '#c5b0d5', 'ag': '#8c564b'}
# What is compared: the key of a row, its name, its unit, and the factor to that.
MEASURES = {
    'wall': ('Time', 's', 1),
    'mib': ('Peak memory', 'MiB', 1),
    'first': ('Time to the first match', 'ms', 1000),
    'cpu': ('Processor time', 's', 1),
    'gone': ('From the first match to the end', 'ms', 1000),
}


def load(path):
    if not os.path.exists(path):
        return {'machine': {}, 'tools': {}, 'cases': {}}
    with open(path, encoding='utf-8') as f:
        return json.load(f)


def save(path, results):
    with open(f'{path}.part', 'w', encoding='utf-8') as f:
        json.dump(results, f, indent=1, ensure_ascii=False)
    os.rename(f'{path}.part', path)


def failed(row):
    return row['status'] > 1 and row.get('lines') == 0


def comparable(row, base):
    """Whether it found what psearch found, except for at most one line in a hundred."""
    if 'over' in row or failed(row):
        return False
    if row.get('same') != 'no':
        return True
    return 'lines' in base and abs(row['lines'] - base['lines']) <= base['lines'] / 100


def rivals(rows):
    """The others, except the floor and those that found something else."""
    base = rows['psearch']
    return {name: row for name, row in rows.items()
            if name not in ('psearch', 'floor') and comparable(row, base)}


def figure(row, measure):
    """With three significant digits, and no more than three after the point."""
    value = row[measure] * MEASURES[measure][2]
    return f'{value:.{0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3}f}'


def code(text):
    """A pattern in a table."""
    return '`' + text.replace('|', '\\|') + '`' if text else "`''`"


def cell(row, base, measure, best):
    if row is None:
        return ''
    if 'over' in row:
        return f'> {row["over"]:g}' if measure in ('wall', 'cpu') else ''
    if failed(row):
        return 'failed' if measure == 'wall' else ''
    if measure == 'first' and row.get('lines', 1) == 0:
        return ''
    text = figure(row, measure)
    if row.get('same') == 'no' and row is not base:
        text += ' ≠' if comparable(row, base) else f' ({row["lines"]:,} lines)'
    return f'**{text}**' if row[measure] == best and measure != 'cpu' else text


def ratios(rows):
    """psearch's time over that of the best other, and over the floor."""
    base, others = rows['psearch'], rivals(rows)
    if 'over' in base:
        return '', ''
    best = min((row['wall'] for row in others.values()), default=None)
    floor = rows.get('floor', {}).get('wall')
    return tuple(f'{base["wall"] / other:.2f}' if other else '' for other in (best, floor))


def table(case, points, measure):
    tools = [tool for tool in case['tools'] if any(tool in point['rows'] for point in points)]
    if measure in ('first', 'gone'):
        tools = [tool for tool in tools if tool != 'floor']
    head = [case.get('x', 'pattern'), *tools]
    if measure == 'wall':
        head += ['÷ best other', *(['÷ floor'] if 'floor' in tools else [])]
    yield '| ' + ' | '.join(head) + ' |'
    yield '|---' + '|--:' * (len(head) - 1) + '|'
    for point in points:
        rows = point['rows']
        contest = {'psearch': rows['psearch'], **rivals(rows)}
        best = min((row[measure] for row in contest.values() if 'over' not in row), default=None)
        cells = [cell(rows.get(tool), rows['psearch'], measure, best if tool in contest else None)
                 for tool in tools]
        if measure == 'wall':
            cells += ratios(rows)[:len(head) - 1 - len(tools)]
        label = point['label'] if 'x' in case else code(point['label'])
        yield '| ' + ' | '.join([label, *cells]) + ' |'


def race_section(case, result):
    points = result['points']
    measures = ['first', 'gone'] if case.get('enough') else ['wall', 'mib', 'first', 'cpu']
    for measure in measures:
        title, unit, _ = MEASURES[measure]
        yield from ('', f'{title}, {unit}:', '', *table(case, points, measure))


def over_others(point, measure):
    """By name of the other: what psearch takes over what it takes. Without those that found something else."""
    base = point['rows']['psearch']
    if 'over' in base:
        return {}
    return {name: base[measure] / row[measure] for name, row in rivals(point['rows']).items() if row[measure]}


def ratio(value):
    return f'**{value:.2f}**' if value > BEHIND else f'{value:.2f}'


def spread(points, measure, tool):
    """The median and the worst of the ratios to the tool."""
    values = [row[tool] for row in (over_others(point, measure) for point in points) if tool in row]
    return f'{ratio(statistics.median(values))} / {ratio(max(values))}' if values else ''


def summary_table(points, tools):
    """A row for each file, and one for all: the median and the worst of each measure."""
    columns = [(measure, tool) for measure in ('wall', 'cpu') for tool in tools]
    heads = [f'{MEASURES[measure][0].lower()} ÷ {tool}' for measure, tool in columns]
    yield '| ' + ' | '.join(['file', 'searches', *heads]) + ' |'
    yield '|---|--:' + '|--:' * len(columns) + '|'
    for file in [*dict.fromkeys(point['file'] for point in points), 'all']:
        some = [point for point in points if file in (point['file'], 'all')]
        yield '| ' + ' | '.join([file, str(len(some)), *(spread(some, *column) for column in columns)]) + ' |'


def search_table(points, tools):
    """A row for each search: psearch's figures, and their ratios to the others'."""
    yield '| file | search | psearch, s | ' + ' | '.join(f'÷ {tool}' for tool in tools) + ' |'
    yield '|---|---|--:' + '|--:' * len(tools) + '|'
    for point in points:
        base, wall, cpu = point['rows']['psearch'], over_others(point, 'wall'), over_others(point, 'cpu')
        own = f'> {base["over"]:g}' if 'over' in base else f'{figure(base, "wall")} / {figure(base, "cpu")}'
        cells = [f'{ratio(wall[tool])} / {ratio(cpu[tool])}' if tool in wall and tool in cpu else '' for tool in tools]
        yield '| ' + ' | '.join([point['file'], code(point['label']), own, *cells]) + ' |'


def ratios_section(case, result):
    points = result['points']
    tools = [tool for tool in case['tools'][1:] if any(tool in point['rows'] for point in points)]
    yield from ('', 'What psearch takes over what each other takes, median / worst:', '', *summary_table(points, tools))
    yield from ('', 'Of each search, time / processor time:', '', *search_table(points, tools))


def percentiles(part):
    """Milliseconds; of figures that are older than the middle one, the other two."""
    return ' / '.join(f'{part[key] / 1e3:.2f}' for key in ('p50', 'p90', 'p99') if key in part)


def tables_section(tables):
    for table in tables:
        yield from ('', f'{table["title"]}:', '', '| ' + ' | '.join(table['head']) + ' |',
                    '|---' + '|--:' * (len(table['head']) - 1) + '|')
        yield from ('| ' + ' | '.join(row) + ' |' for row in table['rows'])


def waits_section(waits):
    parts = list(next(iter(waits.values())))
    for row in waits.values():
        parts += [part for part in row if part not in parts]
    yield ''
    middle = ' / 90th' if any('p90' in part for row in waits.values() for part in row.values()) else ''
    yield f'Milliseconds, median{middle} / 99th percentile:'
    yield ''
    yield '| | ' + ' | '.join(parts) + ' |'
    yield '|---' + '|--:' * len(parts) + '|'
    for name, row in waits.items():
        cells = [percentiles(row[p]) if p in row else '' for p in parts]
        yield f'| {name} | ' + ' | '.join(cells) + ' |'


def section(case, result):
    yield ''
    yield f'## {case["title"]}'
    yield ''
    facts = []
    if 'corpus' in result:
        c = result['corpus']
        facts.append(f'{c["from"]}: {c["files"]:,} files, {c["bytes"] / 1e9:.2f} GB.'.replace('1 files', '1 file'))
    if 'about' in case:
        facts.append(case['about'])
    facts.append(f'(`bench/run {case["name"]}`, {result["date"]}, at {result["commit"]}, '
                 f'load before {result["load"]:.1f})')
    yield ' '.join(facts)
    if 'points' in result:
        yield from (ratios_section if case.get('ratios') else race_section)(case, result)
    if 'waits' in result:
        yield from waits_section(result['waits'])
    if 'tables' in result:
        yield from tables_section(result['tables'])
    if 'text' in result:
        yield from ('', *('    ' + line for line in result['text'].splitlines()))


def behind(case, point):
    """A line for each measure in which psearch takes much more than another."""
    for measure in ('wall', 'cpu'):
        names = ', '.join(f'{value:.2f} times {name}' for name, value in over_others(point, measure).items()
                          if value > BEHIND)
        if names:
            yield f'- {case["name"]} {point["file"]} {code(point["label"])}, {MEASURES[measure][0].lower()}: {names}'


def ahead(case, result):
    """A line for each measure of each point in which another beats psearch."""
    measures = ('first', 'gone') if case.get('enough') else ('wall', 'mib', 'first')
    for point in result.get('points', ()):
        base = point['rows']['psearch']
        if 'over' in base:
            yield f'- {case["name"]} {code(point["label"])}: psearch took more than {base["over"]:g} s'
            continue
        if case.get('ratios'):
            yield from behind(case, point)
            continue
        for measure in measures:
            if measure == 'first' and base.get('lines', 1) == 0:
                continue
            title, unit, _ = MEASURES[measure]
            better = [(name, row) for name, row in rivals(point['rows']).items()
                      if row[measure] < base[measure] * AHEAD]
            if better:
                names = ', '.join(f'{name} {figure(row, measure)}'
                                  for name, row in sorted(better, key=lambda pair: pair[1][measure]))
                yield (f'- {case["name"]} {code(point["label"])}, {title[0].lower() + title[1:]}: {names}; psearch '
                       f'{figure(base, measure)} {unit}')


def document(results, plots):
    machine = results['machine']
    measured = [(case, results['cases'][case['name']]) for case in CASES if case['name'] in results['cases']]
    yield '# Figures'
    yield ''
    yield (f'{machine["cores"]} cores ({machine["processor"]}, {machine["architecture"]}), {machine["memory"]} of '
           f'memory, {machine["system"]}, Linux {machine["kernel"]}, {machine["filesystem"]}; files in the cache of '
           'the kernel.')
    yield ''
    yield from (f'- {name}: {version}' for name, version in results['tools'].items())
    yield ''
    yield ('Commands take turns (A B C A B C …); each figure is the median of the rounds, of memory the most. Output is '
           'drained through a pipe, and compared with that of psearch: with ≠ it differs by less than one line in a '
           'hundred, by more where the number of lines is shown. A command with such another number, one that '
           'failed, and one that was stopped (>) do not count as the best other. psearch prints in order; so do rg --sort, ugrep --sort and git grep, the '
           'others as they find. The floor is `bench/floor.c`: it only lists, opens, reads and closes the same '
           'files with as many threads.')
    yield ''
    yield 'To repeat this:'
    yield ''
    yield '    make bench                      # the main cases, forty minutes'
    yield '    make bench CASES=heavy          # a million files, 20 GB in one, a late reader'
    yield '    bench/run --help                # one case, other tools, where the corpora lie'
    yield ''
    if any(result['part'] != 1 for _, result in measured):
        yield '**These are figures of a trial with small corpora. They mean nothing.**'
        yield ''
    for plot in plots:
        yield f'![{plot}]({plot}.svg)'
    for case, result in measured:
        yield from section(case, result)
    yield ''
    yield '## Where another is ahead'
    yield ''
    lines = [line for case, result in measured for line in ahead(case, result)]
    yield from lines or ['Nowhere, by more than 3 %.']


def quoted(text):
    return '"' + text.replace('\\', '\\\\').replace('"', "'") + '"'


def short(case, number, point):
    """The label of a group of bars. The fonts that gnuplot finds may have no other letters."""
    label = point['label'] or "''"
    return f'{case["name"]} {label[:24] if label.isascii() else number}'


def bars(results, measure, title, unit):
    """A gnuplot script of groups of bars: a group for each point, a bar for each command."""
    without = ('workers',) if measure == 'mib' else ('workers', 'files', 'size')
    groups = [(short(case, number, point), point['rows'])
              for case in CASES if case['name'] in results['cases'] and not case.get('enough')
              and not case.get('ratios')
              and case.get('x') not in without
              for number, point in enumerate(results['cases'][case['name']].get('points', ()), 1)]
    tools = [tool for tool in PEERS if any(tool in rows for _, rows in groups)]
    if not groups:
        return None
    lines = ['$data << EOD', ' '.join(['point', *map(quoted, tools)])]
    for label, rows in groups:
        values = [str(rows[tool][measure]) if measure in rows.get(tool, {}) and not failed(rows[tool]) else '?'
                  for tool in tools]
        lines.append(' '.join([quoted(label), *values]))
    plots = [f'$data using {i}{":xtic(1)" if i == 2 else ""} title {quoted(tool)} linecolor rgb "{COLOURS[tool]}"'
             for i, tool in enumerate(tools, 2)]
    lines += ['EOD', 'set datafile missing "?"', 'set style data histograms',
              'set style histogram clustered gap 2', 'set style fill solid 0.9 noborder', 'set logscale y',
              'set xtics rotate by -40 scale 0 noenhanced', 'set key outside top horizontal noenhanced',
              'set grid ytics', f'set ylabel "{unit}, logarithmic"', f'set title "{title}"',
              'plot ' + ', '.join(plots)]
    return f'{max(900, 130 + 60 * len(groups))},600', lines


def scaling(results):
    """A gnuplot script of a panel for each case in which the number of workers grows."""
    cases = [case for case in CASES if case.get('x') == 'workers' and case['name'] in results['cases']]
    if not cases:
        return None
    lines = [f'set multiplot layout 1,{len(cases)}', 'set logscale xy', 'set grid', 'set xlabel "workers"',
             'set ylabel "s"', 'set key noenhanced']
    for case in cases:
        points = results['cases'][case['name']]['points']
        tools = [t for t in case['tools'] if any('wall' in p['rows'].get(t, {}) for p in points)]
        for i, tool in enumerate(tools):
            lines.append(f'${case["name"]}{i} << EOD')
            lines += [f'{p["label"]} {p["rows"][tool]["wall"]}' for p in points if 'wall' in p['rows'].get(tool, {})]
            lines.append('EOD')
        lines.append(f'set title {quoted(case["title"])}')
        lines.append('set xtics (' + ', '.join(p['label'] for p in points) + ')')
        lines.append('plot ' + ', '.join(
            f'${case["name"]}{i} using 1:2 with linespoints pointtype 7 linecolor rgb "{COLOURS[tool]}" '
            f'title {quoted(tool)}' for i, tool in enumerate(tools)))
    return f'{600 * len(cases)},500', lines


def draw(directory, name, script):
    size, lines = script
    for form, terminal in (('svg', f'svg size {size} background "white"'), ('png', f'pngcairo size {size}')):
        text = '\n'.join([f'set terminal {terminal}',
                          f'set output {quoted(os.path.join(directory, f"{name}.{form}"))}', *lines, ''])
        subprocess.run(['gnuplot'], input=text, text=True, check=True)


def plot(results, directory):
    """Draws what there are figures for; returns the names of the plots."""
    if not shutil.which('gnuplot'):
        print('(gnuplot is not installed: no plots)')
        return []
    scripts = {'wall': bars(results, 'wall', 'Time of commands', 's'),
               'memory': bars(results, 'mib', 'Peak memory of commands', 'MiB'),
               'workers': scaling(results)}
    drawn = [name for name, script in scripts.items() if script]
    for name in drawn:
        draw(directory, name, scripts[name])
    return drawn


def write(results, directory):
    plots = plot(results, directory)
    path = os.path.join(directory, 'RESULTS.md')
    with open(path, 'w', encoding='utf-8') as f:
        f.write('\n'.join(document(results, plots)) + '\n')
    print(f'figures: {path}')


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    results = load(os.path.join(sys.argv[1], 'results.json'))
    if not results['cases']:
        sys.exit(f'report.py: no results.json in {sys.argv[1]}')
    write(results, sys.argv[-1])


if __name__ == '__main__':
    main()
