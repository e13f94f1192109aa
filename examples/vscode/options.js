// SPDX-License-Identifier: BSD-2-Clause
// What VS Code asks for, as options of a search. The meaning is that of its own search, as far as the library has it.
'use strict';

const os = require('node:os');
const path = require('node:path');

/** VS Code names encodings without punctuation; these have another name for iconv, too. */
const ENCODINGS = {
	macroman: 'MACINTOSH',
	shiftjis: 'SHIFT_JIS',
	eucjp: 'EUC-JP',
	euckr: 'EUC-KR',
	koi8r: 'KOI8-R',
	koi8u: 'KOI8-U',
	koi8ru: 'KOI8-RU',
	koi8t: 'KOI8-T',
	big5hkscs: 'BIG5-HKSCS',
	utf16le: 'UTF-16LE',
	utf16be: 'UTF-16BE',
};

/** A byte order mark decides in any case; without one, UTF-8 is as good as nothing to decode. */
function toEncoding(name = 'utf8') {
	if (/^utf8/.test(name)) return 'auto';
	return ENCODINGS[name] ?? name.replace(/^windows(\d+)$/, 'CP$1').replace(/^iso8859(\d+)$/, 'ISO-8859-$1');
}

/** \uXXXX, as JavaScript has it, is \x{XXXX}; a backslash that is itself escaped begins nothing. */
function toPattern(query) {
	return query.isRegExp
		? query.pattern.replace(/\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}|[^])/g, (escape, four, some) =>
				(four ?? some) ? `\\x{${four ?? some}}` : escape
			)
		: query.pattern;
}

/** A pattern of VS Code is relative to the folder, unless it begins with **. */
const anchored = glob => (/^(\*\*|\/)/.test(glob) ? glob : `/${glob}`);

/** What is included may be a directory, with all that is in it. */
const included = glob =>
	/(^\*\*\/[^/]*|\/\*\*)$/.test(glob) ? [anchored(glob)] : [anchored(glob), `${anchored(glob)}/**`];

/** An exclude that is relative to another directory than the folder; undefined if it can match nothing in the folder. */
function relativeTo(folder, { baseUri, base, pattern }) {
	const below = path.relative(folder, baseUri?.fsPath ?? base);
	if (below === '' || (pattern.startsWith('**/') && below.split('/').every(part => part === '..'))) return pattern;
	if (!below.startsWith('..')) return `${below}/${pattern}`;
	const parts = pattern.split('/');
	for (const part of path.relative(baseUri?.fsPath ?? base, folder).split('/')) {
		if (parts[0] === '**') break;
		if (parts[0] !== part && parts[0] !== '*') return undefined;
		parts.shift();
	}
	return parts.length > 0 ? parts.join('/') : '**';
}

const FLAGS = { braces: true, displayPath: true };

function toGlobs({ folder, includes = [], excludes = [] }) {
	const without = excludes.map(glob => (typeof glob === 'string' ? glob : relativeTo(folder.fsPath, glob)));
	return [
		...includes.flatMap(included).map(text => ({ ...FLAGS, text, group: 0 })),
		...without
			.filter(glob => glob !== undefined)
			.map(glob => ({ ...FLAGS, text: anchored(glob), group: 1, exclude: true })),
	];
}

/** Git's own files outside of repositories. */
function gitFiles() {
	const home = os.homedir(),
		config = process.env.XDG_CONFIG_HOME || path.join(home, '.config');
	return {
		home,
		gitConfigs: ['/etc/gitconfig', path.join(config, 'git/config'), path.join(home, '.gitconfig')],
		gitExcludes: path.join(config, 'git/ignore'),
	};
}

/** Texts that are not saved, in the place of their files. A byte order mark says that they are UTF-8. */
function toOverlays(documents) {
	return documents
		.filter(({ isDirty, uri }) => isDirty && uri.scheme === 'file')
		.map(document => [document.uri.fsPath, `\ufeff${document.getText()}`]);
}

/** The options of a search in one folder: a query, and a folder's options and the common ones in their newer form. */
function toOptions(query, folder, common) {
	const ignore = folder.useIgnoreFiles;
	return {
		syntax: 'perl',
		fixed: !query.isRegExp,
		ignoreCase: !query.isCaseSensitive,
		word: !!query.isWordMatch,
		multiline: !!query.isMultiline || query.pattern.includes('\n'),
		crlf: true,
		skipBinary: true,
		globs: toGlobs(folder),
		follow: !!folder.followSymlinks,
		encoding: toEncoding(folder.encoding),
		ignoreVcs: !!ignore.local,
		ignoreFiles: !!ignore.local,
		ignoreBelow: !ignore.parent,
		...(ignore.local && ignore.global ? gitFiles() : {}),
		...(common.maxFileSize ? { maxFileSize: common.maxFileSize } : {}),
		beforeContext: common.beforeContext ?? common.surroundingContext ?? 0,
		afterContext: common.afterContext ?? common.surroundingContext ?? 0,
		maxItemBytes: 2 ** 30, // whole lines, up to the other limits: a column needs what is before it
	};
}

/** The older form of options, which has one folder, as the newer one. */
function fromOlder(options) {
	return {
		...options,
		folderOptions: [
			{
				...options,
				useIgnoreFiles: {
					local: options.useIgnoreFiles,
					parent: options.useParentIgnoreFiles,
					global: options.useGlobalIgnoreFiles,
				},
			},
		],
	};
}

module.exports = { toOptions, toPattern, toOverlays, fromOlder };
