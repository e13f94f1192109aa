// SPDX-License-Identifier: BSD-2-Clause
// Searches in Node: what they deliver, how they end, and what they refuse.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import test from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { NO_WALK, NO_WORKERS, Pool, build, explain, search } from '../../../examples/node/index.js';
import { all, command, header, tree, until } from './support.mjs';

const lines = items => items.map(item => `${item.path}:${item.line}:${item.text}`);

/** A descriptor that never has anything to read. */
function openFifo() {
	const fifo = join(tree({}), 'fifo');
	execFileSync('mkfifo', [fifo]);
	return openSync(fifo, 'r+');
}

const many = (count, line = 'a needle') => `${line}\n`.repeat(count);

test('the items are those of the command, in its order, however they are taken', async () => {
	const wanted = command('-rn', 'search_', 'include', 'lib').trimEnd().split('\n');
	assert.ok(wanted.length > 500);
	assert.deepEqual(lines(await all(search('search_', ['include', 'lib']))), wanted);
	assert.deepEqual(lines((await all(search('search_', ['include', 'lib']).batches())).flat()), wanted);
	assert.deepEqual(lines(await all(search('search_', ['include', 'lib'], { most: 1, workers: 1 }))), wanted);
	assert.deepEqual(
		lines(await all(search('search_', ['include', 'lib'], { pool: null, maxQueuedMatches: 1 }))),
		wanted
	);
});

test('calls of next() that do not wait for each other are answered in order', async () => {
	const found = search('needle', { data: many(1000) }, { most: 7 });
	const results = await Promise.all(Array.from({ length: 1003 }, () => found.next()));
	assert.deepEqual(
		results.filter(({ done }) => !done).map(({ value }) => value.line),
		Array.from({ length: 1000 }, (_, i) => i + 1)
	);
	assert.equal(results.filter(({ done }) => done).length, 3);
});

test('items stay valid, whatever comes after them', async () => {
	const items = await all(search('needle', { data: many(5000), name: 'x' }, { most: 16 }));
	globalThis.gc();
	assert.equal(items.length, 5000);
	assert.ok(items.every((item, i) => item.line === i + 1 && item.text === 'a needle' && item.path === 'x'));
});

test('leaving early closes the search', async () => {
	const found = search('needle', { data: many(1000) });
	for await (const item of found) if (item.line === 3) break;
	assert.ok(found.closed);
	assert.equal(found.outcome(), 'canceled');
	assert.deepEqual(await found.next(), { value: undefined, done: true });
	const batches = search('needle', { data: many(1000) });
	await assert.rejects(async () => {
		for await (const _ of batches.batches()) throw new Error('the consumer failed');
	}, /the consumer failed/);
	assert.ok(batches.closed);
});

test('the end closes the search, which still tells how it was', async () => {
	const found = search('needle', { data: many(10) });
	assert.equal(found.outcome(), 'running');
	assert.equal((await all(found)).length, 10);
	assert.ok(found.closed);
	assert.equal(found.outcome(), 'complete');
	assert.equal(found.stats().matches, 10);
	assert.equal(typeof found.cursor(), 'string');
});

test('a consumer that does not ask stops the workers', async () => {
	const found = search('needle', { data: many(100000) }, { maxQueuedMatches: 100, most: 10 });
	for (let i = 0; i < 10; i++) await found.next();
	let before = -1; // they go on until the queue is full, and then not at all
	await until(async () => {
		const { matches } = found.stats();
		await sleep(20);
		return matches === before || ((before = matches), false);
	}, 'the workers stop');
	assert.ok(found.stats().matches < 100000, 'everything was searched, although nobody asked');
	assert.ok(found.stats().peakQueuedMatches <= 100);
	found.close();
});

test('the loop has its turn while there are always items', async () => {
	let since = 0, // items since the last turn
		longest = 0,
		running = true;
	(async () => {
		for (; running; since = 0) await turn();
	})();
	for await (const item of search('needle', { data: many(4000) })) {
		longest = Math.max(longest, ++since);
		const end = performance.now() + 0.05; // so slow that the search is always ahead
		while (performance.now() < end) assert.equal(item.kind, 'match');
	}
	running = false;
	assert.ok(longest < 1000, `${longest} items, more than 50 ms, in one turn`);
});

test('columns are in UTF-16 units', async () => {
	const [item] = await all(search('needle', { data: Buffer.from('äö𝄞\xff needle\n', 'utf8') }));
	const { begin, end } = item.spans[0];
	assert.equal(item.column(begin), item.text.indexOf('needle'));
	assert.equal(item.column(end) - item.column(begin), 6);
	assert.equal(item.column(begin, 'codePoints'), [...item.text].indexOf('n'));
	assert.equal(item.column(begin, 'bytes'), begin);
	assert.equal(item.column(10 ** 6), item.text.length);
	const [invalid] = await all(search('needle', { data: Buffer.from('\xff\xfe needle\n', 'latin1') }));
	assert.equal(invalid.column(invalid.spans[0].begin), 3);
	assert.equal(invalid.text, '\ufffd\ufffd needle');
	assert.deepEqual(invalid.rawText, Buffer.from('\xff\xfe needle', 'latin1'));
	assert.throws(() => item.column(-1), { field: 'byte' });
	assert.throws(() => item.column(1, 'furlongs'), { field: 'unit' });
	const [window] = await all(
		search('needle', { data: `${'é'.repeat(500)}needle${'x'.repeat(500)}` }, { maxItemBytes: 64 })
	);
	assert.ok(window.has('window') && window.textOffset > 0);
	assert.equal(
		window.text.slice(window.column(window.spans[0].begin), window.column(window.spans[0].end)),
		'needle'
	);
});

test('spans, their patterns and groups', async () => {
	const found = search(['(?<key>\\w+)=(\\d+)?', 'other'], { data: 'ab=12 other c=\n' }, { groups: true });
	const [item] = await all(found);
	assert.deepEqual(item.spans, [
		{ begin: 0, end: 5, pattern: 0, groups: [{ begin: 0, end: 2 }] },
		{ begin: 6, end: 11, pattern: 1, groups: [] },
		{ begin: 12, end: 14, pattern: 0, groups: [{ begin: 12, end: 13 }] },
	]);
	assert.deepEqual(found.groupNames(0), ['key']);
	assert.deepEqual(found.groupNames(1), []);
	const [second] = await all(search('(a)|(b)', { data: 'b' }, { groups: true }));
	assert.deepEqual(second.spans[0].groups, [null, { begin: 0, end: 1 }]);
	const [plain] = await all(search('b+', { data: 'abbab' }));
	assert.deepEqual([...plain.rawSpans], [1, 3, 0, 0, 4, 5, 0, 0]);
	assert.deepEqual((await all(search('b', { data: 'b' }, { noSpans: true })))[0].spans, []);
});

test('sources: paths, descriptors, memory, and those that come later', async () => {
	const root = tree({ 'a/one': 'needle\n', 'a/two': 'needle\n', b: 'needle\n' });
	assert.deepEqual(
		(await all(search('needle', Buffer.from(root)))).map(({ path }) => path),
		[`${root}/a/one`, `${root}/a/two`, `${root}/b`]
	);
	assert.deepEqual((await all(search('needle', pathToFileURL(`${root}/b`)))).length, 1);
	assert.deepEqual(
		(await all(search('needle', { path: root, name: '' }))).map(({ path }) => path),
		['a/one', 'a/two', 'b']
	);
	const descriptor = openSync(join(root, 'b'));
	const sources = [
		descriptor,
		{ data: new TextEncoder().encode('needle').buffer, name: 'buffer' },
		{ data: 'needle', name: 'string' },
	];
	const mixed = await all(
		search('needle', sources, {
			moreSources: (function* () {
				yield { data: 'a needle', name: 'later' };
				yield join(root, 'b');
			})(),
		})
	);
	assert.deepEqual(
		mixed.map(({ source, path }) => [source, path]),
		[
			[0, ''],
			[1, 'buffer'],
			[2, 'string'],
			[3, 'later'],
			[4, join(root, 'b')],
		]
	);
	closeSync(descriptor);
	const failed = search(
		'needle',
		{ data: 'needle' },
		{
			moreSources: (function* () {
				throw new Error('no more');
			})(),
		}
	);
	assert.equal((await failed.next()).value.text, 'needle');
	await assert.rejects(failed.next(), error => error.code === 'ESOURCE' && error.cause.message === 'no more');
	const other = search('needle', { data: many(3), name: 'other' });
	let inside; // taken while the library asks for a source of the outer search
	const outer = search(
		'needle',
		{ data: 'needle', name: 'outer' },
		{
			moreSources: (function* () {
				inside = all(other);
				yield { data: 'a needle', name: 'outer' };
			})(),
		}
	);
	assert.deepEqual(
		(await all(outer)).map(({ path }) => path),
		['outer', 'outer']
	);
	assert.deepEqual(
		(await inside).map(({ path, line }) => [path, line]),
		[1, 2, 3].map(line => ['other', line])
	);
	const closed = search('needle', [], {
		moreSources: (function* () {
			closed.close();
			yield { data: 'needle' };
		})(),
	});
	assert.deepEqual(await all(closed), []); // closed from inside
	const ended = [];
	const endless = (name, value) =>
		(function* () {
			try {
				for (;;) yield value;
			} finally {
				ended.push(name);
			}
		})();
	const more = (name, value = { data: 'needle' }) => ({ moreSources: endless(name, value) });
	for await (const item of search('needle', [], more('left'))) if (item) break;
	const stopped = search('needle', [], more('closed'));
	await stopped.next();
	stopped.close();
	await all(search('needle', [], { ...more('limited'), maxMatches: 3 }));
	await assert.rejects(all(search('needle', [], more('wrong', 7.5))), { code: 'ESOURCE' });
	const aborted = new AbortController(),
		late = search('needle', [], { ...more('aborted'), signal: aborted.signal });
	await late.next();
	aborted.abort();
	assert.deepEqual(ended, ['left', 'closed', 'limited', 'wrong', 'aborted']); // as for...of ends an iterator
	const rest = [];
	const eager = search('needle', [], {
		pool: null,
		moreSources: (function* () {
			for (let i = 0; i < 3; i++) {
				rest.push(eager.next()); // the first time there is no other promise yet
				yield { data: 'needle', name: `${i}` };
			}
		})(),
	});
	const first = await eager.next();
	assert.deepEqual(
		[first, ...(await Promise.all(rest))].map(({ value, done }) => value?.path ?? done),
		['0', '1', '2', true]
	);
});

test('memory is kept until the search is closed', async () => {
	const found = search('needle', { data: Buffer.from(many(50000)) }, { maxQueuedMatches: 100 });
	await found.next();
	for (let i = 0; i < 5; i++) {
		globalThis.gc();
		Buffer.alloc(2e6, 'x'); // in its place, if it were gone
	}
	let count = 1;
	for await (const item of found) count += item.text === 'a needle';
	assert.equal(count, 50000);
});

test('overlays stand in the place of files', async () => {
	const root = tree({ a: 'on disk\n', b: 'on disk\n' });
	const overlays = {
		[`${root}/a`]: 'not saved\n',
		[`${root}/b`]: null,
		[`${root}/new`]: Buffer.from('not saved yet\n'),
	};
	for (const form of [overlays, new Map(Object.entries(overlays))]) {
		const items = await all(search('saved|disk', { path: root, name: '' }, { overlays: form }));
		assert.deepEqual(lines(items), ['a:1:not saved', 'new:1:not saved yet']);
	}
});

test('pages, joined, are the whole', async () => {
	const whole = lines(await all(search('search_', 'lib')));
	const pages = [];
	let resume;
	for (;;) {
		const page = search('search_', 'lib', { maxMatches: 100, ...(resume && { resume }) });
		pages.push(...lines(await all(page)));
		if (page.outcome() !== 'limited') break;
		resume = page.cursor();
	}
	assert.deepEqual(pages, whole);
	const slow = search('search_', 'lib', { most: 1 });
	for (let i = 0; i < 7; i++) await slow.next();
	const cursor = slow.cursor();
	slow.close();
	assert.deepEqual(lines(await all(search('search_', 'lib', { until: cursor }))), whole.slice(0, 7));
	assert.deepEqual(lines(await all(search('search_', 'lib', { resume: cursor }))), whole.slice(7));
	const amid = search('needle', { data: many(10) });
	assert.throws(() => amid.cursor(), { code: 'EINVAL' });
	await amid.next();
	await until(async () => {
		// once several were taken together
		try {
			amid.cursor();
		} catch (error) {
			return /most: 1/.test(error.message);
		}
		return (await amid.next()).done;
	}, 'a batch').finally(() => amid.close());
	assert.throws(() => search('other', 'lib', { resume: cursor }), { code: 'EINVAL', field: 'resume' });
});

test('options reach the library', async () => {
	const root = tree({
		'a.c': 'one\nNEEDLE\nthree\n',
		'b.h': 'needle two\n',
		'.hidden': 'needle\n',
		'sub/c.c': 'needle\n',
		'.ignore': 'sub\n',
		more: 'a.c\n',
		wide: Buffer.from('\ufeffneedle\n', 'utf16le'),
	});
	const of = async options =>
		(await all(search('needle', { path: root, name: '' }, options))).map(
			({ kind, path, line }) => `${kind} ${path} ${line}`
		);
	assert.deepEqual(await of({}), ['match .hidden 1', 'match b.h 1', 'match sub/c.c 1']);
	assert.deepEqual(await of({ skipHidden: true, ignoreFiles: true }), ['match b.h 1']);
	assert.deepEqual(await of({ ignoreCase: true, globs: '*.c', beforeContext: 1, afterContext: 1n }), [
		'context a.c 1',
		'match a.c 2',
		'context a.c 3',
		'match sub/c.c 1',
	]);
	assert.deepEqual(
		await of({
			globs: [
				{ text: 'sub', exclude: true, dirsOnly: true },
				{ text: '*.H', noCase: true, group: 1 },
			],
		}),
		['match b.h 1']
	);
	assert.deepEqual(await of({ extraIgnoreFiles: join(root, 'more'), ignoreCase: true, skipHidden: true }), [
		'match b.h 1',
		'match sub/c.c 1',
	]);
	assert.deepEqual(await of({ encoding: 'auto', skipHidden: true }), [
		'match b.h 1',
		'match sub/c.c 1',
		'match wide 1',
	]);
	assert.deepEqual(await of({ maxDepth: 1, line: true }), ['match .hidden 1']);
	assert.deepEqual(await of({ maxDepth: NO_WALK }), []);
	assert.deepEqual(await of({ maxMatches: 2 }), ['match .hidden 1', 'match b.h 1']);
	assert.deepEqual(await of({ maxFileSize: 7 }), ['match .hidden 1', 'match sub/c.c 1']);
	assert.deepEqual(
		await of({ syntax: 'basic', fixed: true, word: true, noLineNumbers: true, unordered: true, globs: '*.h' }),
		['match b.h 0']
	);
	const listed = await all(search([], { path: root, name: '' }, { list: true, fileInfo: true, globs: '*.h' }));
	assert.deepEqual(
		listed.map(({ kind, path, fileSize, fileNumber }) => [kind, path, fileSize, fileNumber]),
		[['file', 'b.h', 11, 0]]
	);
	assert.equal(typeof listed[0].inode, 'bigint');
	assert.ok(Math.abs(listed[0].modified - Date.now() / 1000) < 3600);
	const [end] = await all(search('needle', join(root, 'b.h'), { count: true }));
	assert.deepEqual([end.kind, end.matches, end.bytes], ['fileEnd', 1, 11]);
	const [error] = await all(search('needle', join(root, 'missing')));
	assert.deepEqual([error.kind, error.reason, error.error], ['error', 'open', 2]);
	assert.match(error.message, /No such file/);
	const [item] = await all(search('(?<!x)needle', { data: 'needle' }));
	assert.match(inspect(item), /^Item \{[^]*text: 'needle'/);
	assert.equal(JSON.parse(JSON.stringify(item)).text, 'needle');
});

test('what cannot be is refused, with the name of the field', () => {
	const refused = (name, what, ...args) =>
		assert.throws(() => search(...args), { name, ...what }, JSON.stringify(what));
	refused(
		'SearchError',
		{ code: 'EPATTERN', subject: 'pattern', field: 'patterns', index: 1, offset: 0 },
		['a', '(b'],
		'.'
	);
	refused('SearchError', { code: 'EINVAL', field: 'globs', index: 0 }, 'a', '.', { globs: '[' });
	refused('SearchError', { code: 'EINVAL', field: 'encoding' }, 'a', '.', { encoding: 'no such' });
	refused('SearchError', { code: 'EINVAL', field: 'sources', index: 0 }, 'a', { descriptor: -1 });
	refused('SearchError', { code: 'EINVAL', field: 'until' }, 'a', '.', { until: 'x' });
	refused('SearchError', { code: 'EINVAL', field: 'overlays', index: 0 }, 'a', '.', { overlays: { '/': 'x' } });
	refused('SearchError', { code: 'EINVAL' }, 'a', '.', { workers: NO_WORKERS });
	refused('SearchError', { code: 'EINVAL' }, 'a', '.', { text: true, skipBinary: true });
	refused('TypeError', { field: 'maxMatchs' }, 'a', '.', { maxMatchs: 1 });
	refused('TypeError', { field: 'maxMatches' }, 'a', '.', { maxMatches: 1.5 });
	refused('TypeError', { field: 'maxMatches' }, 'a', '.', { maxMatches: '1' });
	refused('RangeError', { field: 'maxMatches' }, 'a', '.', { maxMatches: -1 });
	refused('RangeError', { field: 'workers' }, 'a', '.', { workers: 2 ** 32 });
	refused('TypeError', { field: 'syntax' }, 'a', '.', { syntax: 'ruby' });
	refused('TypeError', { field: 'home' }, 'a', '.', { home: 'a\0b' });
	refused('TypeError', { field: 'globs[1]' }, 'a', '.', { globs: ['x', 1] });
	refused('TypeError', { field: 'globs[0].text' }, 'a', '.', { globs: [{}] });
	refused('TypeError', { field: 'globs[0].negate' }, 'a', '.', { globs: [{ text: 'a', negate: true }] });
	refused('TypeError', { field: 'sources[0]' }, 'a', {});
	refused('TypeError', { field: 'sources[0]' }, 'a', { path: 'a', data: 'b' });
	refused('TypeError', { field: 'patterns[0]' }, /a/, '.');
	refused('TypeError', { field: 'signal' }, 'a', '.', { signal: {} });
	refused('TypeError', { field: 'pool' }, 'a', '.', { pool: {} });
	refused('RangeError', { field: 'most' }, 'a', '.', { most: 0 });
	refused('TypeError', { field: 'moreSources' }, 'a', '.', { moreSources: 1 });
	assert.throws(() => new Pool({ threads: 1 }), { name: 'TypeError', field: 'threads' });
	assert.throws(() => new Pool({ maxOpenFiles: 1 }), { name: 'SearchError', code: 'EINVAL' });
});

test('an AbortSignal ends the search with an AbortError, whether it waits or not', async () => {
	const waiting = new AbortController();
	const descriptor = openFifo();
	const idle = search('needle', descriptor, { signal: waiting.signal });
	const next = idle.next();
	setImmediate(() => waiting.abort(new Error('why')));
	await assert.rejects(
		next,
		error => error.name === 'AbortError' && error.code === 'ABORT_ERR' && error.cause.message === 'why'
	);
	assert.deepEqual(await idle.next(), { value: undefined, done: true });
	assert.equal(idle.outcome(), 'canceled');
	closeSync(descriptor);

	const busy = new AbortController();
	let count = 0;
	await assert.rejects(
		async () => {
			for await (const _ of search('needle', { data: many(10000) }, { signal: busy.signal }))
				if (++count === 10) busy.abort();
		},
		{ name: 'AbortError' }
	);
	assert.equal(count, 10);

	await assert.rejects(search('needle', '.', { signal: AbortSignal.abort() }).next(), { name: 'AbortError' });
	const late = new AbortController();
	assert.equal((await all(search('needle', { data: 'needle' }, { signal: late.signal }))).length, 1);
	late.abort(); // it is over: nothing happens
});

test('cancel(), time limits and close() end a search that waits', async () => {
	const descriptor = openFifo();
	const canceled = search('needle', descriptor);
	const next = canceled.next();
	canceled.cancel();
	await assert.rejects(next, { name: 'SearchError', code: 'ECANCELED' });
	const timed = search('needle', descriptor, { timeoutMs: 20 });
	await assert.rejects(timed.next(), { name: 'SearchError', code: 'ETIMEDOUT' });
	assert.equal(timed.outcome(), 'timedOut');
	const closed = search('needle', descriptor);
	const never = closed.next();
	closed.close();
	assert.deepEqual(await never, { value: undefined, done: true });
	closed.close();
	closed.cancel();
	closeSync(descriptor);
});

test('searches share a pool, which may be closed before them', async () => {
	const pool = new Pool({ workers: 2, maxOpenFiles: 8, maxQueuedBytes: 1e6, maxMemory: 1e7 });
	const wanted = lines(await all(search('search_', 'lib')));
	const searches = Array.from({ length: 20 }, (_, i) =>
		search('search_', 'lib', { pool, priority: ['normal', 'interactive', 'background'][i % 3] })
	);
	assert.equal(pool.stats().searches, 20);
	assert.equal(pool.stats().workers, 2);
	pool.close();
	for (const items of await Promise.all(searches.map(all))) assert.deepEqual(lines(items), wanted);
	assert.throws(() => pool.stats(), { field: 'pool' });
	assert.throws(() => search('a', '.', { pool }), { field: 'pool' });
	pool.close();
});

test('paths of any bytes', async () => {
	const root = tree({});
	const name = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe])]);
	writeFileSync(name, 'needle\n');
	const [item] = await all(search('needle', root));
	assert.deepEqual(item.rawPath, name);
	assert.equal(item.path, `${root}/\ufffd\ufffd`);
	assert.equal((await all(search('needle', item.rawPath))).length, 1);
});

test('what else the library says', async () => {
	assert.equal(build().version, header().version);
	assert.match(explain('a|b'), /^patterns: 1\n/);
	assert.throws(() => explain('(a'), { code: 'EPATTERN' });
	assert.deepEqual(search('a^b', { data: '' }).never(), { pattern: 0, reason: 'place' });
	assert.equal(search('a', { data: '' }).never(), null);
	const required = createRequire(import.meta.url)('../../../examples/node'); // the CommonJS way, the same module
	assert.equal(required.search, search);
});
