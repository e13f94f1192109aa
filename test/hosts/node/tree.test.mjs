// SPDX-License-Identifier: BSD-2-Clause
// Warm trees: the same items, fewer files opened; and nothing is left of a tree, however it ends.
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import { NO_LEARNING, Tree, search } from '../../../examples/node/index.js';
import { all, descriptors, settled, threads, tree as forest, until } from './support.mjs';

const root = forest(
	Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`d${i % 4}/f${i}`, `needle ${i}\nhay\n`.repeat(50)]))
);
const found = async (pattern, options) =>
	(await all(search(pattern, root, options))).map(({ path, line }) => `${path}:${line}`);
const expected = await found('needle');

/** Lets it learn all files. They may be too young at first. */
const warm = tree =>
	until(async () => {
		await found('needle', { tree });
		while (await tree.learn(100));
		const { files, signatures } = tree.stats();
		return files > 0 && signatures >= files;
	}, 'the tree has learnt all files');

test('a search with a tree finds the same, and opens what can match', async () => {
	const tree = new Tree({ maxBytes: 1 << 22 });
	await warm(tree);
	assert.deepEqual(await found('needle', { tree }), expected);
	const nothing = search('no such text', root, { tree });
	assert.deepEqual(await all(nothing), []);
	assert.equal(nothing.stats().filesRuledOut, 40);
	assert.equal(tree.stats().ruledOut, 40);
	tree.close();
});

test('a tree that is told of changes', async () => {
	const place = forest({ file: 'one' });
	const tree = new Tree({ trust: 'told', learnPercent: NO_LEARNING });
	const file = join(place, 'file');
	for (let i = 0; i < 20; i++) {
		assert.deepEqual(await all(search('two', place, { tree })), []);
		await tree.learn(100);
		await new Promise(resolve => setTimeout(resolve, 10));
	}
	writeFileSync(file, 'two');
	for (const path of [file, Buffer.from(file), undefined]) {
		tree.changed(path);
		assert.equal((await all(search('two', place, { tree }))).length, 1);
	}
	tree.close();
});

test('a tree is kept in a file', async () => {
	const place = forest({ foreign: 'no tree' });
	const [tree, other] = [new Tree(), new Tree()];
	await warm(tree);
	await tree.save(join(place, 'kept'));
	assert.deepEqual(readdirSync(place).toSorted(), ['foreign', 'kept']);
	await other.load(Buffer.from(join(place, 'kept')));
	assert.equal(other.stats().signatures, tree.stats().signatures);
	await assert.rejects(other.load(join(place, 'foreign')), { name: 'SearchError', code: 'EINVAL' });
	await assert.rejects(other.save(join(place, 'no', 'directory')), { code: 'ESYSTEM', errno: 2 });
	tree.close();
	other.close();
});

test('a tree and its searches are closed in any order', async () => {
	const tree = new Tree();
	const [first, last] = [search('needle', root, { tree }), search('needle', root, { tree })];
	await first.next();
	tree.close();
	tree.close();
	tree.cancel();
	first.close();
	assert.equal((await all(last)).length, expected.length);
	for (const call of [() => tree.stats(), () => tree.changed(), () => search('x', root, { tree })])
		assert.throws(call, { name: 'TypeError', field: 'tree' });
	for (const call of [() => tree.learn(1), () => tree.save('x'), () => tree.load('x')])
		await assert.rejects(call, { name: 'TypeError', field: 'tree' });
});

test('what a tree refuses', async () => {
	assert.throws(() => new Tree({ maxBytes: 1 }), { name: 'SearchError', code: 'EINVAL' });
	assert.throws(() => new Tree({ trust: 'never' }), { name: 'TypeError', field: 'trust' });
	assert.throws(() => new Tree({ maxByte: 1 }), { name: 'TypeError', field: 'maxByte' });
	assert.throws(() => search('x', root, { tree: 'src' }), { name: 'TypeError', field: 'tree' });
	const tree = new Tree();
	await assert.rejects(tree.learn(-1), { name: 'RangeError', field: 'milliseconds' });
	await assert.rejects(tree.save('a\0'), { field: 'path' });
	assert.throws(() => tree.changed(5), { field: 'path' });
	tree.close();
});

test('trees that are closed while they learn, or forgotten, leave nothing', async () => {
	const fds = descriptors(),
		tasks = threads();
	await settled();
	const ends = [];
	for (let i = 0; i < 50; i++) {
		const tree = new Tree({ trust: 'watched' });
		await search('needle', root, { tree }).next();
		ends.push(tree.learn(60000).catch(error => error.code));
		if (i % 2) tree.close();
		else if (i % 4) tree.cancel();
	}
	for (const end of await Promise.all(ends)) assert.ok(end === false || end === 'ECANCELED', end);
	await until(() => {
		globalThis.gc();
		return descriptors() <= fds && threads() <= tasks + 4; // libuv's own
	}, 'descriptors and threads are as before');
});

test('a worker may end while a tree learns', async () => {
	const code = `
		const { parentPort, workerData } = require('node:worker_threads');
		const { Tree, search } = require(workerData.addon);
		(async () => {
			const trees = [new Tree(), new Tree(), new Tree()];
			for (const tree of trees) {
				await search('needle', workerData.root, { tree }).next();
				tree.learn(60000).catch(() => {}); // close() ends it
				tree.save(workerData.root + '.kept').catch(() => {});
			}
			trees[1].close();
			parentPort.postMessage('open');
			if (workerData.exit) process.exit();
		})();`;
	const addon = new URL('../../../examples/node/index.js', import.meta.url).pathname;
	for (let i = 0; i < 10; i++) {
		const worker = new Worker(code, { eval: true, workerData: { root, addon, exit: i % 2 === 1 } });
		await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
		await worker.terminate();
	}
});
