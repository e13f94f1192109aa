// SPDX-License-Identifier: BSD-2-Clause
// The provider of examples/vscode, called as VS Code calls one. NODE_PATH has a `vscode` with the API's shapes.
import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { command, descriptors, threads, tree, until } from '../node/support.mjs';

const require = createRequire(new URL('../../../examples/vscode/', import.meta.url));
const vscode = require('vscode');
const extension = require('./extension.js');
const { Uri, RelativePattern, workspace, stub } = vscode;

const context = { subscriptions: [] };
extension.activate(context);
const newer = stub.registered.newer.provider;
after(() => context.subscriptions.forEach(subscription => subscription.dispose()));

const NOTHING_IGNORED = { local: false, parent: false, global: false };

/** Calls the newer form; what it reports, and how it ends. */
async function provide(
	pattern,
	roots,
	{ query = {}, folder = {}, common = {}, source = new vscode.CancellationTokenSource(), seen = () => {} } = {}
) {
	const results = [];
	const end = await newer.provideTextSearchResults(
		{ pattern, ...query },
		{
			folderOptions: [roots]
				.flat()
				.map(root => ({
					folder: Uri.file(root),
					includes: [],
					excludes: [],
					followSymlinks: true,
					useIgnoreFiles: NOTHING_IGNORED,
					encoding: 'utf8',
					...folder,
				})),
			maxResults: 20000,
			previewOptions: { matchLines: 100, charsPerLine: 10000 },
			maxFileSize: undefined,
			surroundingContext: 0,
			...common,
		},
		{
			report: result => {
				results.push(result);
				seen(result);
			},
		},
		source.token
	);
	assert.equal(source.listeners, 0, 'a listener was left on the token');
	return { results, ...end };
}

/** In words: a.c 0:3-0:9 "text" 0:3-0:9 */
function words(root, { results }) {
	const range = ({ start, end }) => `${start.line}:${start.character}-${end.line}:${end.character}`;
	return results.map(({ uri, text, lineNumber, ranges, previewText }) => {
		const name = uri.fsPath.slice(root.length + 1);
		if (ranges === undefined) return `${name} ${lineNumber} ${JSON.stringify(text)}`;
		const [sources, previews] = ['sourceRange', 'previewRange'].map(of => ranges.map(both => range(both[of])));
		return `${name} ${sources} ${JSON.stringify(previewText)} ${previews}`;
	});
}

const names = (root, { results }) => [...new Set(results.map(({ uri }) => uri.fsPath.slice(root.length + 1)))];

/** The text that a range of a document, or of a preview, has. */
function within(text, { start, end }) {
	const lines = text.split('\n').slice(start.line, end.line + 1);
	lines[lines.length - 1] = lines.at(-1)?.slice(0, end.line >= text.split('\n').length ? undefined : end.character);
	lines[0] = lines[0]?.slice(start.character);
	return lines.join('\n');
}

test('the extension is what its manifest says', () => {
	const manifest = JSON.parse(readFileSync(new URL('../../../examples/vscode/package.json', import.meta.url)));
	assert.equal(require(manifest.main), extension);
	assert.deepEqual(manifest.enabledApiProposals, ['textSearchProvider', 'textSearchProvider2']);
	assert.ok(manifest.activationEvents.includes(`onSearch:${stub.registered.newer.scheme}`));
	const { registerTextSearchProvider2 } = workspace;
	delete workspace.registerTextSearchProvider2; // an older VS Code
	const older = { subscriptions: [] };
	extension.activate(older);
	assert.ok(stub.registered.older);
	older.subscriptions.forEach(subscription => subscription.dispose());
	assert.ok(!stub.registered.older);
	workspace.registerTextSearchProvider2 = registerTextSearchProvider2;
});

test('matches are those of the command, in order, with ranges in the document and in the preview', async () => {
	const root = join(process.cwd(), 'lib');
	const found = await provide('search_', root, { query: { isCaseSensitive: true } });
	const wanted = command('-rno', '--no-heading', 'search_', root)
		.trimEnd()
		.split('\n')
		.map(line => line.split(':').slice(0, 2));
	assert.deepEqual(
		found.results.flatMap(({ uri, ranges }) =>
			ranges.map(({ sourceRange }) => [uri.fsPath, String(sourceRange.start.line + 1)])
		),
		wanted
	);
	for (const { uri, ranges, previewText } of found.results)
		for (const { sourceRange, previewRange } of ranges) {
			assert.equal(within(readFileSync(uri.fsPath, 'utf8'), sourceRange), 'search_');
			assert.equal(within(previewText, previewRange), 'search_');
		}
	assert.equal(found.limitHit, false);
});

test('columns are in UTF-16 units, also in text that is not valid UTF-8', async () => {
	const root = tree({ a: 'ä𝄞 needle 𝄞 needle\n', b: Buffer.from('\xff\xe2\x82 needle\n', 'latin1') });
	assert.deepEqual(words(root, await provide('needle', root)), [
		'a 0:4-0:10,0:14-0:20 "ä𝄞 needle 𝄞 needle" 0:4-0:10,0:14-0:20',
		'b 0:3-0:9 "\ufffd\ufffd needle" 0:3-0:9', // as VS Code decodes it
	]);
});

test('what a query says', async () => {
	const root = tree({ a: 'Needle\nneedles\nneed.e\n\u00e9\\u\nto\r\nthe end\r\nto\n' });
	const lines = async (pattern, query) =>
		(await provide(pattern, root, { query })).results.map(
			({ ranges }) => `${ranges.map(({ sourceRange }) => JSON.stringify(sourceRange))}`
		);
	assert.deepEqual(await lines('needle', {}), ['[0,0,0,6]', '[1,0,1,6]']);
	assert.deepEqual(await lines('needle', { isCaseSensitive: true }), ['[1,0,1,6]']);
	assert.deepEqual(await lines('needle', { isWordMatch: true }), ['[0,0,0,6]']);
	assert.deepEqual(await lines('need.e', {}), ['[2,0,2,6]']);
	assert.deepEqual(await lines('need.e', { isRegExp: true }), ['[0,0,0,6]', '[1,0,1,6]', '[2,0,2,6]']);
	assert.deepEqual(await lines('\\u00e9', { isRegExp: true }), ['[3,0,3,1]']);
	assert.deepEqual(await lines('\\u{e9}\\\\u', { isRegExp: true }), ['[3,0,3,3]']);
	assert.deepEqual(await lines('^to$', { isRegExp: true }), ['[4,0,4,2]', '[6,0,6,2]']); // \r\n ends a line
	assert.deepEqual(await lines('to\\nthe', { isRegExp: true, isMultiline: true }), ['[4,0,5,3]']);
	assert.deepEqual(await lines('to\nthe', {}), ['[4,0,5,3]']);
	assert.deepEqual(await lines('end\\n', { isRegExp: true, isMultiline: true }), ['[5,4,6,0]']);
	await assert.rejects(provide('(a', root, { query: { isRegExp: true } }), /\( without \)/);
});

test('includes and excludes are relative to the folder', async () => {
	const files = [
		'a.c',
		'a.ts',
		'src/b.c',
		'src/sub/c.c',
		'src/sub/d.ts',
		'node_modules/e.c',
		'out/src/f.c',
		'.hidden/g.c',
	];
	const root = tree(Object.fromEntries(files.map(name => [name, 'needle\n'])));
	const of = async (includes, excludes = []) =>
		names(root, await provide('needle', root, { folder: { includes, excludes } }));
	assert.deepEqual((await of([])).toSorted(), files.toSorted());
	assert.deepEqual(await of(['**/*.ts']), ['a.ts', 'src/sub/d.ts']);
	assert.deepEqual(await of(['src']), ['src/b.c', 'src/sub/c.c', 'src/sub/d.ts']);
	assert.deepEqual(await of(['src/**']), ['src/b.c', 'src/sub/c.c', 'src/sub/d.ts']);
	assert.deepEqual(await of(['src/*.c']), ['src/b.c']);
	assert.deepEqual(await of(['*.c']), ['a.c']); // not below a directory
	assert.deepEqual(await of(['**/{b,c}.c', 'a.ts']), ['a.ts', 'src/b.c', 'src/sub/c.c']);
	assert.deepEqual(await of(['**/*.c'], ['**/node_modules', 'src', '.hidden/**']), ['a.c', 'out/src/f.c']);
	const pattern = (base, glob) => new RelativePattern(Uri.file(base), glob);
	assert.deepEqual(
		await of(
			['**/*.c'],
			[
				pattern(root, 'src'),
				pattern(`${root}/out`, 'src/**'),
				pattern(join(root, '..'), '**/.hidden'),
				pattern('/elsewhere', 'a.c'),
				pattern(join(root, '..'), '*/node_modules/**'),
			]
		),
		['a.c']
	);
});

test('ignore files, links, sizes', async () => {
	const root = tree({
		'.gitignore': 'out\n',
		'.ignore': 'more\n',
		out: 'needle\n',
		more: 'needle\n',
		large: 'needle\n'.repeat(100),
		'sub/a': 'needle\n',
		'sub/below': 'needle\n',
		'repo/.git/HEAD': 'ref: refs/heads/x\n',
		'repo/.gitignore': 'built\n',
		'repo/built': 'needle\n',
		'repo/src/a': 'needle\n',
		'repo/src/built': 'needle\n',
	});
	symlinkSync(`${root}/sub/a`, `${root}/sub/link`);
	const of = async (folder, where = root, common = {}) =>
		names(where, await provide('needle', where, { folder, common }));
	const local = { ...NOTHING_IGNORED, local: true };
	assert.deepEqual(await of({ useIgnoreFiles: local }), [
		'large',
		'out',
		'repo/src/a',
		'sub/a',
		'sub/below',
		'sub/link',
	]);
	assert.deepEqual(await of({}, `${root}/sub`), ['a', 'below', 'link']);
	assert.deepEqual(await of({ followSymlinks: false }, `${root}/sub`), ['a', 'below']);
	assert.deepEqual(await of({ useIgnoreFiles: local }, `${root}/repo/src`), ['a', 'built']);
	assert.deepEqual(await of({ useIgnoreFiles: { ...local, parent: true } }, `${root}/repo/src`), ['a']);
	assert.ok(!(await of({}, root, { maxFileSize: 50 })).includes('large'));
	process.env.XDG_CONFIG_HOME = tree({ 'git/ignore': 'a\n' });
	assert.deepEqual(await of({ useIgnoreFiles: local }, `${root}/repo`), ['src/a']);
	assert.deepEqual(await of({ useIgnoreFiles: { ...local, global: true } }, `${root}/repo`), []);
});

test('encodings', async () => {
	const root = tree({
		latin: Buffer.from('\xe9 needle\n', 'latin1'),
		marked: Buffer.from('\ufeffé needle\n', 'utf16le'),
		utf8: Buffer.from('\ufeffé needle\n'),
	});
	assert.deepEqual(
		words(root, await provide('^\\w needle', root, { query: { isRegExp: true }, folder: { encoding: 'utf8' } })),
		['marked 0:0-0:8 "é needle" 0:0-0:8', 'utf8 0:0-0:8 "é needle" 0:0-0:8']
	);
	for (const encoding of ['iso88591', 'windows1252'])
		assert.deepEqual(words(root, await provide('é needle', root, { folder: { encoding } })), [
			'latin 0:0-0:8 "é needle" 0:0-0:8',
			'marked 0:0-0:8 "é needle" 0:0-0:8',
			'utf8 0:0-0:8 "é needle" 0:0-0:8',
		]);
	await assert.rejects(provide('x', root, { folder: { encoding: 'klingon' } }), /klingon/);
});

test('maxResults counts matches, and limitHit is true only if there are more', async () => {
	const root = tree({ a: 'needle needle\nneedle\n', b: 'needle\n' });
	const of = async maxResults => {
		const { results, limitHit } = await provide('needle', root, { common: { maxResults } });
		return [results.reduce((sum, { ranges }) => sum + ranges.length, 0), limitHit];
	};
	assert.deepEqual(await Promise.all([1, 2, 3, 4, 5].map(of)), [
		[1, true],
		[2, true],
		[3, true],
		[4, false],
		[4, false],
	]);
	const two = await provide('needle', [root, root], { common: { maxResults: 6 } });
	assert.deepEqual([two.results.length, two.limitHit], [4, true]);
	assert.deepEqual((await provide('needle', [root, root], { common: { maxResults: 8 } })).limitHit, false);
	const long = tree({ a: `${'x'.repeat(17 << 20)} needle\n` });
	assert.equal((await provide('needle', long)).limitHit, true, 'a line that was not searched');
});

test('previews show the match, and no more than was asked for', async () => {
	const root = tree({
		a: `${'x'.repeat(100)}needle${'y'.repeat(100)}needle\n`,
		b: 'begin\nneedle\nnee\ndle end\n',
		c: '𝄞'.repeat(20) + 'needle\n',
	});
	const common = { previewOptions: { matchLines: 2, charsPerLine: 20 } };
	const long = (await provide('needle', `${root}`, { folder: { includes: ['a'] }, common })).results;
	assert.equal(long.length, 2); // each match has its own preview
	assert.deepEqual(
		long.map(({ ranges }) => ranges[0].sourceRange.start.character),
		[100, 206]
	);
	for (const { previewText, ranges } of long) {
		assert.ok(previewText.length <= 20);
		assert.equal(within(previewText, ranges[0].previewRange), 'needle');
	}
	const pairs = (await provide('needle', root, { folder: { includes: ['c'] }, common })).results[0];
	assert.ok(pairs.previewText.isWellFormed() && pairs.previewText.length <= 20);
	assert.equal(within(pairs.previewText, pairs.ranges[0].previewRange), 'needle');
	const query = { isRegExp: true, isMultiline: true };
	assert.deepEqual(
		words(root, await provide('(?s)begin.*end', root, { query, folder: { includes: ['b'] }, common })),
		['b 0:0-3:7 "begin\\nneedle" 0:0-1:6']
	);
	assert.deepEqual(words(root, await provide('(?s)begin.*end', root, { query, folder: { includes: ['b'] } })), [
		'b 0:0-3:7 "begin\\nneedle\\nnee\\ndle end" 0:0-3:7',
	]);
	assert.deepEqual(words(root, await provide('needle\\n', root, { query, folder: { includes: ['b'] } })), [
		'b 1:0-2:0 "needle" 0:0-0:6',
	]);
});

test('context comes in its place, with line numbers from 1', async () => {
	const root = tree({ a: '1\nneedle\n3\n4\n5\nneedle\n7\n', b: 'needle\n' });
	const common = { surroundingContext: 1 };
	assert.deepEqual(words(root, await provide('needle', root, { common })), [
		'a 1 "1"',
		'a 1:0-1:6 "needle" 0:0-0:6',
		'a 3 "3"',
		'a 5 "5"',
		'a 5:0-5:6 "needle" 0:0-0:6',
		'a 7 "7"',
		'b 0:0-0:6 "needle" 0:0-0:6',
	]);
	// None for a match that is not reported.
	assert.deepEqual(words(root, await provide('needle', root, { common: { ...common, maxResults: 1 } })), [
		'a 1 "1"',
		'a 1:0-1:6 "needle" 0:0-0:6',
		'a 3 "3"',
	]);
});

test('documents that are not saved are searched as they are', async () => {
	const root = tree({ a: 'needle\n', b: 'needle\n', latin: 'needle\n', file: 'x\n' });
	const document = (name, text, isDirty = true) => ({
		uri: Uri.file(join(root, name)),
		isDirty,
		getText: () => text,
	});
	workspace.textDocuments = [
		document('a', 'nothing'),
		document('b', 'needle, saved', false),
		document('latin', 'é needle 𝄞 needle\r\n'),
		document('new/one', 'needle in a new file'),
		document('file/impossible', 'needle'),
		{ ...document('x', 'needle'), uri: new Uri('untitled', 'x') },
	];
	stub.log.length = 0;
	for (const encoding of ['utf8', 'iso88591', 'utf16le'])
		assert.deepEqual(
			words(
				root,
				await provide('needle', root, { folder: { encoding, excludes: encoding === 'utf16le' ? ['b'] : [] } })
			),
			[
				...(encoding === 'utf16le' ? [] : ['b 0:0-0:6 "needle" 0:0-0:6']),
				'latin 0:2-0:8,0:12-0:18 "é needle 𝄞 needle" 0:2-0:8,0:12-0:18',
				'new/one 0:0-0:6 "needle in a new file" 0:0-0:6',
			]
		);
	assert.match(stub.log.join(), /file\/impossible: not searched/);
	workspace.textDocuments = [];
});

test('a token ends the search, before it, in it', async () => {
	const root = tree({ a: 'needle\n'.repeat(50000) });
	const source = new vscode.CancellationTokenSource();
	let count = 0;
	const found = await provide('needle', root, {
		source,
		common: { maxResults: 1e6 },
		seen: () => ++count === 100 && source.cancel(),
	});
	assert.equal(found.results.length, 100);
	assert.deepEqual(await provide('needle', root, { source }), { results: [], limitHit: false });
});

test('a match over lines of many megabytes is where it is', async () => {
	const before = 17 << 20,
		root = tree({ big: `${'x'.repeat(before)}needle\nend\n` });
	const { results, limitHit } = await provide('needle\\nend', root, {
		query: { isRegExp: true, isMultiline: true },
		common: { previewOptions: { matchLines: 100, charsPerLine: 20 } },
	});
	assert.deepEqual(words(root, { results }), [`big 0:${before}-1:3 "xxxxxxxxxxxxxxneedle\\nend" 0:14-1:3`]);
	assert.equal(limitHit, false);
});

test('nothing is left of many searches at once', async () => {
	const root = join(process.cwd(), 'lib');
	await provide('search_', root);
	const before = [descriptors(), threads()];
	const all = await Promise.all(
		Array.from({ length: 50 }, (_, i) => provide('search_', root, { common: { maxResults: i + 1 } }))
	);
	assert.deepEqual(
		all.map(({ results }) => results.reduce((sum, { ranges }) => sum + ranges.length, 0)),
		Array.from({ length: 50 }, (_, i) => i + 1)
	);
	await until(() => descriptors() <= before[0] && threads() <= before[1], 'descriptors and threads are as before');
});

test('the older form has one folder, and plain results', async () => {
	const { PsearchProvider } = require('./provider.js');
	const provider = new PsearchProvider(vscode, () => {});
	const root = tree({ a: 'before\nneedle needle\nafter\n', '.ignore': 'b\n', b: 'needle\n' });
	const results = [];
	const end = await provider
		.older()
		.provideTextSearchResults(
			{ pattern: 'needle' },
			{
				folder: Uri.file(root),
				includes: [],
				excludes: [],
				useIgnoreFiles: true,
				followSymlinks: true,
				useGlobalIgnoreFiles: false,
				useParentIgnoreFiles: false,
				maxResults: 100,
				beforeContext: 1,
				afterContext: 0,
			},
			{ report: result => results.push(result) },
			new vscode.CancellationTokenSource().token
		);
	assert.deepEqual(JSON.parse(JSON.stringify(results.map(({ uri, ...rest }) => ({ file: uri.fsPath, ...rest })))), [
		{ file: `${root}/a`, text: 'before', lineNumber: 1 },
		{
			file: `${root}/a`,
			ranges: [
				[1, 0, 1, 6],
				[1, 7, 1, 13],
			],
			preview: {
				text: 'needle needle',
				matches: [
					[0, 0, 0, 6],
					[0, 7, 0, 13],
				],
			},
		},
	]);
	assert.deepEqual(end, { limitHit: false });
	provider.dispose();
});
