// SPDX-License-Identifier: BSD-2-Clause
/*
 * The addon without memory, files, threads and descriptors. In each trial another call of libpsearch's or of the
 * addon's fails, the first, the second, and so on until a trial has no more of them (see ../faults.c); in some trials
 * all from there on. A trial finds everything; or an error item accounts for what is missing; or it throws a
 * SearchError, which says why. Nothing is left of it, and the next search finds everything.
 */
import assert from 'node:assert/strict';
import { existsSync, openSync, readSync, rmSync, utimesSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Pool, SearchError, Tree, explain, search } from '../../../examples/node/index.js';
import { descriptors, settled, threads, tree as forest } from './support.mjs';

const ALL = 2 ** 32 - 1;
const EACH = process.env.PS_LONG ? 1 : 7; // of so many trials there is one in which all calls fail from there on
const ADDON = 2; // its place in FAULTS_OF

/** What faults.c shares with its host: see struct control there. */
const control = openSync(process.env.FAULTS_CONTROL, 'r+');
const words = new Uint32Array(12);

/** Call number `first` of those that follow fails, and so do the ones after it, `count` in all; ALL: none. */
const arm = (first, count = 1) => writeSync(control, new Uint32Array([first, count, 0, 0]), 0, 16, 0);
function shared() {
	readSync(control, words, 0, 48, 0);
	const name = Buffer.from(words.buffer, 24).toString('latin1').replace(/\0.*/s, '');
	return { calls: words[2], failed: words[3], live: words[4] | 0, module: words[5], name };
}

const files = ['d0/f0', 'd0/f1', 'd1/f0', 'd1/f1'];
const text = [0, 1, 2, 3, 4].map(n => `needle ${n}\nhay\n`).join('');
const root = forest(Object.fromEntries(files.map(name => [name, text])));
for (const name of files) utimesSync(join(root, name), 1e9, 1e9); // so old that a warm tree learns them
const kept = join(forest({}), 'kept');
const data = Buffer.alloc(1 << 16, 'needle 1\nhay\n'); // so large that it shows if it is kept
const long = Buffer.alloc(600000, 'x');

/** The items as they are compared. Errors go to `told`. */
function take(item, found, told) {
	const { path, line, text, spans } = item;
	if (item.kind !== 'error') found.push(`${path}:${line}:${text}:${spans.map(span => span.begin)}`);
	else if (item.message && item.reason !== 'none') told.push(item.message);
	else assert.fail('an error item says nothing');
}
async function drain(items, told) {
	const found = [];
	try {
		for await (const item of items) take(item, found, told);
	} finally {
		assert.notEqual(items.outcome(), 'running');
	}
	return found;
}

// Ways to use the addon. Each returns what it found. No search is closed but by its end or the one of its loop.

/** All that a search is given, and all that may be asked of it. Amid a call of the addon's there is one for another. */
async function everything(told) {
	const other = search('needle', root);
	const options = {
		groups: true,
		ignoreVcs: true,
		moreSources: (function* () {
			other.next().catch(() => {});
			yield { data: 'needle 2\n', name: 'later' };
			yield join(root, 'd0/f0');
		})(),
		globs: ['f*', { text: '*3', exclude: true }],
		overlays: { [join(root, 'd1/f0')]: 'needle 5\n', [join(root, 'd1/f1')]: null },
		extraIgnoreFiles: join(root, 'd0/f1'),
		gitConfigs: join(root, 'd0/f1'),
		home: root,
		encoding: 'auto',
		maxMatchesPerFile: 4,
	};
	try {
		const items = search(['needle (?<n>[0-9])$', 'hay'], [root, { data, name: 'memory' }], options);
		const found = await drain(items, told);
		const counters = Object.keys(items.stats());
		return [...found, ...items.groupNames(0), items.outcome(), items.never(), ...counters];
	} finally {
		other.close();
	}
}

/** With threads of its own, and left early. */
async function left(told) {
	let count = 0;
	for await (const item of search('needle', [root, { data }], { pool: null, workers: 2 })) {
		take(item, [], told);
		if (++count === 10) break;
	}
	return ['left'];
}

async function batches(told) {
	const found = [];
	for await (const items of search('hay', root, { most: 3 }).batches())
		for (const item of items) take(item, found, told);
	return found;
}

/** An item for which the room that the addon keeps does not suffice: neither that for texts nor that for spans. */
async function large(told) {
	const found = [];
	for await (const item of search('x{16}', { data: long, name: 'long' }, { maxItemBytes: long.length }))
		if (item.kind === 'error') take(item, found, told);
		else found.push(`${item.rawText.length} bytes, ${item.rawSpans.length / 4} spans`);
	return found;
}

async function pages(told) {
	const found = [];
	for (let resume; told.length === 0; ) {
		// after an error in a directory its items would come again
		const page = search('needle', root, { resume, maxMatches: 9 });
		const items = await drain(page, told);
		if (items.length === 0) break;
		found.push(...items);
		resume = page.cursor();
	}
	return found;
}

async function inPool(told) {
	const pool = new Pool({ workers: 2 });
	try {
		const one = async pattern => drain(search(pattern, root, { pool }), told);
		const both = await Promise.allSettled([one('needle'), one('hay')]);
		assert.ok(pool.stats().workers > 0);
		for (const { reason } of both) if (reason) throw reason;
		return both.flatMap(({ value }) => value);
	} finally {
		pool.close();
	}
}

/** What a tree has not learnt, for lack of memory, changes nothing. */
async function inTree(told) {
	const trees = [];
	try {
		const tree = (trees[0] = new Tree({ trust: 'told' })),
			other = (trees[1] = new Tree());
		const found = await drain(search('needle', root, { tree }), told);
		await tree.learn(20);
		tree.changed(join(root, 'd0/f0'));
		rmSync(kept, { force: true });
		await tree.save(kept);
		assert.ok(existsSync(kept));
		await other.load(kept);
		found.push(...(await drain(search('needle 1$', root, { tree: other }), told)));
		other.stats();
		return found;
	} finally {
		for (const tree of trees) tree.close();
	}
}

const explained = () => [explain(['(\\w+) \\1', 'needle'], { groups: true })];

/** The addon in an environment of its own, in which also the pool is made that its searches share. */
const inWorker = told =>
	new Promise((resolve, reject) => {
		const code = `
			const { parentPort, workerData } = require('node:worker_threads');
			const { search } = require(workerData.addon);
			(async () => {
				const items = [];
				for await (const item of search('needle', workerData.root)) items.push(item.toJSON());
				parentPort.postMessage(items);
			})();`;
		const addon = new URL('../../../examples/node/index.js', import.meta.url).pathname;
		const worker = new Worker(code, { eval: true, workerData: { root, addon } });
		const found = [];
		worker.once('error', reject);
		worker.once('message', items => items.forEach(item => take(item, found, told)));
		worker.once('exit', () => resolve(found)); // after an error, that has been told
	});

// What holds after each.

/** Waits for what threads of libuv's and of a pool's have still to do. */
async function until(condition, what) {
	const end = performance.now() + 10000;
	for (let turns = 0; !condition(); await (turns++ < 5 ? turn() : sleep(1)))
		if (performance.now() > end) assert.fail(what());
}

/** Whether all of some are in the other, in this order. */
function isPart(some, of) {
	let at = 0;
	for (const each of of) if (each === some[at]) at++;
	return at === some.length;
}

/** Whether it tells that something failed. */
async function attempt(what, use, wanted) {
	const told = [];
	let found;
	try {
		found = await use(told);
	} catch (error) {
		const { code, errno, message } = error;
		const known = error instanceof SearchError || use === inWorker; // from there comes a copy
		if (!known || !message || !(code === 'ENOMEM' || code === 'ESYSTEM' || errno))
			throw new Error(`${what}: this tells nothing`, { cause: error });
		return true;
	}
	if (told.length === 0 || !isPart(found, wanted)) assert.deepEqual(found, wanted, `${what}, and says '${told}'`);
	return told.length > 0;
}

const total = { trials: 0, told: 0, ofAddon: 0 };

async function tryAll(use, most = Infinity) {
	let failed = true,
		first = 1,
		trials = 0;
	arm(ALL);
	const wanted = await use([]);
	await batches([]); // for which the addon keeps some memory
	assert.ok(wanted.length > 0 && shared().calls > 0, `${use.name} finds nothing`);
	const { buffers } = await settled(),
		before = { fds: descriptors(), tasks: threads(), live: shared().live };
	const same = () => descriptors() === before.fds && threads() === before.tasks;
	/** Structs of the addon go with the garbage. */
	const nothingLeft = async what => {
		await batches([]);
		await until(
			() => {
				globalThis.gc();
				return shared().live === before.live;
			},
			() => `${what}: there were ${before.live} blocks, and there are ${shared().live}`
		);
	};

	for (; failed && first <= most; first++) {
		for (const count of first % EACH === 0 ? [1, ALL] : [1]) {
			const what = `${use.name}, call ${first}${count === ALL ? ' and all after it' : ''}`;
			arm(first, count);
			const told = await attempt(what, use, wanted);
			const { failed: failures, name, module } = shared();
			arm(ALL);
			failed = failures > 0;
			const stay = () => `${what}, ${name}: there are ${descriptors()} descriptors, ${threads()} threads`;
			await until(same, stay);
			if (told && !failed) assert.fail(`${what}: nothing has failed, and it says so`);
			trials += failed;
			total.told += told;
			total.ofAddon += failed && module === ADDON;
		}
		if (first % 3 === 0) await attempt(`${use.name}, a search after call ${first}`, batches, alone);
		if (first % 50 === 0) await nothingLeft(`${use.name}, up to call ${first}`);
	}
	await nothingLeft(use.name);
	const grown = (await settled()).buffers - buffers;
	assert.ok(trials >= Math.min(most, 20), `only ${trials} calls of ${use.name} failed`);
	assert.ok(grown < (trials * data.length) / 4, `${trials} trials of ${use.name} left ${grown} bytes of Buffers`);
	total.trials += trials;
}

await batches([]);
arm(ALL);
const alone = await batches([]);
for (const use of [everything, left, batches, large, pages, inPool, inTree, explained]) await tryAll(use);
await tryAll(inWorker, 14); // for the rest it is like the others
const { trials, told, ofAddon } = total;
console.log(`${trials} trials, of which ${told} told of a failure, and ${ofAddon} were of the addon's own calls`);
