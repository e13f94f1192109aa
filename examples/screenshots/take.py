#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Takes the pictures of psearch in a terminal that the README and editors.md show.

take.py [NAME...]: each command in SHOTS runs in tmux, at a fixed size; what the terminal shows is captured with its
colours and drawn cell by cell, on a dark and on a light ground: so a picture is what a person sees, and is taken anew
with one command when the output changes. Needs tmux, python3-pil and fonts-dejavu-core, and no desktop.
"""

import copy
import os
import re
import subprocess
import sys
import tempfile
import time
import unicodedata

from PIL import Image, ImageDraw, ImageFont

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
FONTS = '/usr/share/fonts/truetype/dejavu/DejaVuSansMono'
FONT_SIZE = 20
MARGIN = 14
PICTURE_COLOURS = 64  # the edges of letters need some for each colour

COLOURS = r'\x1b\[([0-9;]*)m'
HYPERLINK = r'\x1b\][^\x1b\x07]*(?:\x07|\x1b\\)'
PROMPT = r'\n\$ ?$'  # tmux leaves out blanks at the end of a line

# Ground, text, and the sixteen colours, as the usual terminals have them: the dark ground is Tango's, the light one
# Solarized's, whose pale yellow and grey show what cannot be read there.
GROUNDS = {
    'dark': ('#1e1e1e', '#d4d4d4', ['#000000', '#cd3131', '#0dbc79', '#e5e510', '#2472c8', '#bc3fbc', '#11a8cd', '#e5e5e5',
                                    '#666666', '#f14c4c', '#23d18b', '#f5f543', '#3b8eea', '#d670d6', '#29b8db', '#ffffff']),
    'light': ('#fdf6e3', '#3b4b52', ['#073642', '#dc322f', '#859900', '#b58900', '#268bd2', '#d33682', '#2aa198', '#eee8d5',
                                     '#002b36', '#cb4b16', '#586e75', '#657b83', '#839496', '#6c71c4', '#93a1a1', '#fdf6e3']),
}

# Name: columns, rows, grounds, command, and what the screen must show when the picture is taken.
SHOTS = {
    'results': (80, 24, ('dark', 'light'), "psearch 'search_(next|close)\\(' examples", PROMPT),
    'wide': (200, 36, ('dark',), "psearch -C1 'query_(init|free)\\b' cli", PROMPT),
    'error': (80, 6, ('dark', 'light'), "psearch 'größe_\\p{Uppr}+' lib", PROMPT),
    'progress': (80, 4, ('dark', 'light'), "psearch '\\b(\\w+)ful \\1less\\b' /usr/share", r'/s'),
}


class Style:
    """How the following cells look."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.colour = self.ground = None
        self.bold = self.faint = self.underlined = self.reversed = False

    def apply(self, codes):
        codes = [int(c) for c in codes.split(';') if c] or [0]
        while codes:
            code = codes.pop(0)
            if code in (38, 48):
                kind = codes.pop(0)
                value = codes.pop(0) if kind == 5 else tuple(codes[:3])
                codes = codes if kind == 5 else codes[3:]
                self.set(code == 48, value)
            else:
                self.apply_one(code)

    def set(self, is_ground, value):
        if is_ground:
            self.ground = value
        else:
            self.colour = value

    def apply_one(self, code):
        if code == 0:
            self.reset()
        elif code == 22:
            self.bold = self.faint = False
        elif code in (1, 2, 4, 7, 24, 27):
            name = {1: 'bold', 2: 'faint', 4: 'underlined', 7: 'reversed', 24: 'underlined', 27: 'reversed'}[code]
            setattr(self, name, code < 20)
        elif code in (39, 49):
            self.set(code == 49, None)
        else:
            for first, is_ground, index in ((30, False, 0), (40, True, 0), (90, False, 8), (100, True, 8)):
                if first <= code < first + 8:
                    self.set(is_ground, code - first + index)


def width(char):
    """The cells that a character takes."""
    if unicodedata.combining(char) or unicodedata.category(char) in ('Mn', 'Me', 'Cf'):
        return 0
    return 2 if unicodedata.east_asian_width(char) in 'WF' else 1


def rgb(value, colours):
    """A colour of the sixteen, of the 256, or itself."""
    if isinstance(value, tuple):
        return '#%02x%02x%02x' % value
    if value < 16:
        return colours[value]
    if value >= 232:
        return '#%02x%02x%02x' % ((8 + 10 * (value - 232),) * 3)
    steps = [0, 95, 135, 175, 215, 255]
    value -= 16
    return '#%02x%02x%02x' % (steps[value // 36], steps[value // 6 % 6], steps[value % 6])


class Picture:
    """A terminal's screen, drawn, down to its last line with text."""

    def __init__(self, columns, rows, theme):
        self.ground, self.text, self.colours = GROUNDS[theme]
        self.fonts = [ImageFont.truetype(FONTS + end, FONT_SIZE) for end in ('.ttf', '-Bold.ttf')]
        self.cell = (round(self.fonts[0].getlength('M')), FONT_SIZE + 5)
        size = (columns * self.cell[0] + 2 * MARGIN, rows * self.cell[1] + 2 * MARGIN)
        self.image = Image.new('RGB', size, self.ground)
        self.draw = ImageDraw.Draw(self.image)
        self.style = Style()  # lasts beyond the end of a line

    def draw_cell(self, row, column, text, style):
        colour = self.text if style.colour is None else rgb(style.colour, self.colours)
        ground = None if style.ground is None else rgb(style.ground, self.colours)
        if style.reversed:
            colour, ground = ground or self.ground, colour
        x, y = MARGIN + column * self.cell[0], MARGIN + row * self.cell[1]
        across = x + max(width(text[0]), 1) * self.cell[0] - 1
        if ground:
            self.draw.rectangle((x, y, across, y + self.cell[1] - 1), fill=ground)
        if style.faint:
            colour = Image.blend(Image.new('RGB', (1, 1), colour), Image.new('RGB', (1, 1), self.ground), 0.4).getpixel((0, 0))
        self.draw.text((x, y), text, fill=colour, font=self.fonts[style.bold])
        if style.underlined:
            self.draw.line((x, y + self.cell[1] - 3, across, y + self.cell[1] - 3), fill=colour)

    def draw_line(self, row, line):
        """Draws the cells of a line; marks that take no cell are drawn with the character before them."""
        column, cell = 0, None
        for codes, char in re.findall(COLOURS + '|(.)', re.sub(HYPERLINK, '', line)):
            if not char:
                self.style.apply(codes)
                continue
            if cell and not width(char):
                cell[1] += char
                continue
            if cell:
                self.draw_cell(row, *cell)
                column += max(width(cell[1][0]), 1)
            cell = [column, char, copy.copy(self.style)]
        if cell:
            self.draw_cell(row, *cell)

    def save(self, path):
        self.image.quantize(PICTURE_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


class Terminal:
    """A shell in tmux, at a fixed size."""

    def __init__(self, columns, rows):
        self.socket = 'psearch-%d' % os.getpid()
        self.home = tempfile.TemporaryDirectory()
        start = os.path.join(self.home.name, 'start')
        with open(start, 'w', encoding='utf-8') as file:
            file.write("PS1='$ '\nclear\n")
        environment = dict(os.environ, HOME=self.home.name, ENV=start, LC_ALL='C.UTF-8', TERM='xterm-256color',
                           PATH='%s:%s' % (os.path.join(TOP, os.environ.get('BUILD', 'build')), os.environ['PATH']))
        environment = {k: v for k, v in environment.items() if k not in ('NO_COLOR', 'GREP_COLORS', 'TMUX')}
        self.run('-f', '/dev/null', 'new-session', '-d', '-x', str(columns), '-y', str(rows), '-c', TOP, 'sh',
                 env=environment)
        self.run('set-option', '-g', 'status', 'off')
        self.run('resize-window', '-x', str(columns), '-y', str(rows))

    def run(self, *words, env=None):
        return subprocess.run(['tmux', '-L', self.socket, *words], env=env, check=True, stdout=subprocess.PIPE,
                              text=True).stdout

    def screen(self):
        return self.run('capture-pane', '-e', '-p')

    def wait(self, until):
        """Waits until the screen, without colours, matches; returns it with them."""
        for _ in range(400):
            screen = self.screen().rstrip('\n')
            if re.search(until, re.sub(COLOURS + '|' + HYPERLINK, '', screen)):
                return screen
            time.sleep(0.05)
        raise SystemExit('the screen never showed %r:\n%s' % (until, screen))

    def type(self, command, until):
        """Types a command, and waits for what it shows below the line with it."""
        self.run('send-keys', '-l', command)
        self.run('send-keys', 'Enter')
        return self.wait('(?s)\n.*' + until)

    def close(self):
        self.run('kill-server')
        self.home.cleanup()


def take(name):
    columns, rows, grounds, command, until = SHOTS[name]
    terminal = Terminal(columns, rows)
    try:
        terminal.wait(r'^\$')
        screen = terminal.type(command, until)
    finally:
        terminal.close()
    lines = screen.split('\n')
    for ground in grounds:
        picture = Picture(columns, len(lines), ground)
        for row, line in enumerate(lines):
            picture.draw_line(row, line)
        path = os.path.join(HERE, '%s-%s.png' % (name, ground))
        picture.save(path)
        print(path, os.path.getsize(path), 'bytes')


if __name__ == '__main__':
    for wanted in sys.argv[1:] or SHOTS:
        take(wanted)
