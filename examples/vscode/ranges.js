// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where in a document a match is, and the preview of it.
 *
 * An item is one line, or the lines that a multi-line match touches, as bytes. VS Code counts lines from 0, and columns
 * in UTF-16 units of the text as it decodes it, so the bytes before a match are decoded and counted, as its own search
 * does. Bytes that are not valid UTF-8 are thus U+FFFD here as there. (A byte order mark is not in the text, since the
 * search has an encoding.) A place is [line, column], in the item.
 */
'use strict';

/** The lines of an item, and the places of its matches: [[begin, end], ...]. */
function locate(item) {
	const raw = item.rawText,
		spans = item.rawSpans;
	let line = 0,
		column = 0,
		at = 0;
	// From one place to the next, so that it takes time in proportion to the item, however many matches it has.
	const advance = to => {
		const between = raw.toString('utf8', at, to),
			last = between.lastIndexOf('\n');
		if (last >= 0) {
			line += between.split('\n').length - 1;
			column = between.length - last - 1;
		} else {
			column += between.length;
		}
		at = to;
		return [line, column];
	};
	const matches = [];
	for (let i = 0; i < spans.length; i += 4) matches.push([advance(spans[i]), advance(spans[i + 1])]);
	if (item.has('matchesEol')) matches.at(-1)[1] = [line + 1, 0]; // with the newline after the item
	return { lines: item.text.split(/\r?\n/), matches };
}

const isLow = unit => unit >= 0xdc00 && unit <= 0xdfff;

/** The part of a line from `from` on that has at most `units` units, and no half of a character. */
function cut(line, from, units) {
	if (isLow(line.charCodeAt(from))) from++;
	const to = from + units;
	return line.slice(from, isLow(line.charCodeAt(to)) ? to - 1 : to);
}

/** One match, with what of its lines the preview may show; the start of the match is in it, and the end if it fits. */
function previewOf(lines, [[line, column], [endLine, endColumn]], { matchLines, charsPerLine }) {
	const shown = lines.slice(line, endLine + 1).slice(0, matchLines);
	const spare = Math.max(0, shown[0].length - charsPerLine);
	let lead = Math.min(spare, Math.max(0, column - (charsPerLine >> 2)));
	if (isLow(shown[0].charCodeAt(lead))) lead++;
	const texts = shown.map((text, i) => cut(text, i === 0 ? lead : 0, charsPerLine));
	const last = texts.length - 1,
		whole = endLine - line <= last;
	const end = !whole ? texts[last].length : endColumn - (endLine === line ? lead : 0);
	return {
		text: texts.join('\n'),
		range: [
			[0, Math.min(column - lead, texts[0].length)],
			[last, Math.min(end, texts[last].length)],
		],
	};
}

/**
 * What to report of an item: [{ text, matches: [{ source, preview }] }]. All matches are together if the item can be
 * shown whole, else each has a preview of its own.
 */
function resultsOf({ lines, matches }, options) {
	if (lines.length <= options.matchLines && lines.every(line => line.length <= options.charsPerLine)) {
		const end = [lines.length - 1, lines.at(-1).length];
		return [
			{
				text: lines.join('\n'),
				matches: matches.map(([begin, to]) => ({
					source: [begin, to],
					preview: [begin, to[0] < lines.length ? to : end],
				})),
			},
		];
	}
	return matches.map(match => {
		const { text, range } = previewOf(lines, match, options);
		return { text, matches: [{ source: match, preview: range }] };
	});
}

module.exports = { locate, resultsOf, cut };
