// SPDX-License-Identifier: BSD-2-Clause
// Nothing is left of a search: no descriptor, no thread, no memory; however it ends, and also if it is forgotten.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { Worker } from 'node:worker_threads';
import { Pool, search } from '../../../examples/node/index.js';
import { descriptors, settled, threads, tree, until } from './support.mjs';

// An item has 16 KiB: a leak of one item for each search would be 16 MB after a thousand.
const ITEM = 16 << 10;
const FILES = 3,
	LINES = 4;
const root = tree(
	Object.fromEntries(
		Array.from({ length: FILES }, (_, i) => [`file${i}`, `needle ${'x'.repeat(ITEM)}\n`.repeat(LINES)])
	)
);

/** Ten at a time, so that it takes less. */
async function halfRead(count, options, leave) {
	const one = async () => {
		const controller = new AbortController();
		const found = search('needle', root, { ...options, signal: controller.signal });
		for (let items = 0; items < 3; items++) assert.equal((await found.next()).value.kind, 'match');
		await leave(found, controller);
	};
	for (let i = 0; i < count; i += 10) await Promise.all(Array.from({ length: 10 }, one));
}

/** Nothing more is there after `count` such searches than before. A leak grows each time, the heap's gaps do not. */
async function holds(count, options, leave) {
	let grown, kept;
	await halfRead(300, options, leave);
	for (let round = 0; round < 4; round++) {
		const before = await settled(),
			fds = descriptors(),
			tasks = threads();
		await halfRead(count, options, leave);
		await until(() => descriptors() <= fds && threads() <= tasks, 'descriptors and threads are as before');
		const after = await settled();
		grown = after.rss - before.rss;
		kept = after.buffers - before.buffers;
		if (grown < (count * ITEM) / 2 && kept < (count * ITEM) / 8) return;
	}
	assert.fail(`${count} searches left ${grown} bytes, and ${kept} of Buffers`);
}

test('1,000 searches, half read and closed', () => holds(1000, {}, found => found.close()));

test('searches that are aborted', () =>
	holds(300, {}, async (found, controller) => {
		controller.abort();
		await assert.rejects(found.next(), { name: 'AbortError' });
	}));

test('searches with threads and memory of their own', async () => {
	const data = Buffer.from(`needle ${'x'.repeat(100)}\n`.repeat(1000));
	const fds = descriptors(),
		tasks = threads(),
		{ buffers } = await settled();
	for (let i = 0; i < 100; i++) {
		const found = search('needle', [root, { data }], {
			pool: null,
			workers: 2,
			overlays: { [`${root}/new`]: data },
		});
		await found.next();
		found.close();
	}
	await until(() => descriptors() <= fds && threads() <= tasks, 'descriptors and threads are as before');
	const kept = (await settled()).buffers - buffers;
	assert.ok(kept < (100 * ITEM) / 2, `${kept} bytes more of Buffers`);
});

test('pools end with their last search', async () => {
	const tasks = threads();
	for (let i = 0; i < 20; i++) {
		const pool = new Pool({ workers: 3 });
		const found = search('needle', root, { pool });
		pool.close();
		await found.next();
		found.close();
	}
	await until(() => threads() <= tasks, 'the threads have ended');
});

test('what is forgotten is closed with the garbage', async () => {
	const tasks = threads(),
		fds = descriptors();
	await (async () => {
		for (let i = 0; i < 20; i++)
			await search('needle', root, {
				pool: new Pool({ workers: 2 }),
				moreSources: [{ data: 'needle' }],
				signal: new AbortController().signal,
			}).next();
	})();
	assert.ok(threads() > tasks);
	await until(() => {
		globalThis.gc();
		return threads() <= tasks && descriptors() <= fds;
	}, 'the forgotten searches are closed');
});

test('a worker may end with searches open, in all states', async () => {
	const code = `
		const { parentPort, workerData } = require('node:worker_threads');
		const { Pool, search } = require(workerData.addon);
		(async () => {
			const keep = [new Pool({ workers: 2 })];
			const overlays = { [workerData.root + '/new']: 'x' };
			for (const options of [{}, { pool: null }, { pool: keep[0] }, { overlays }]) {
				const half = search('needle', workerData.root, options);
				await half.next();
				const idle = search('nothing', workerData.root, options);
				const closed = search('needle', workerData.root, options);
				await closed.next();
				closed.close(); // and the close may still be under way
				keep.push(half, idle, idle.next());
			}
			parentPort.postMessage('open');
			if (workerData.exit)
				process.exit();
		})();`;
	const fds = descriptors(),
		tasks = threads();
	for (let i = 0; i < 10; i++) {
		const worker = new Worker(code, {
			eval: true,
			workerData: {
				root,
				exit: i % 2 === 1,
				addon: new URL('../../../examples/node/index.js', import.meta.url).pathname,
			},
		});
		await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
		await worker.terminate();
	}
	await until(() => descriptors() <= fds && threads() <= tasks, 'the workers have left nothing');
});

test('a process ends with searches open, and waits for one that somebody waits for', () => {
	const run = code =>
		spawnSync(process.execPath, ['-e', code], {
			encoding: 'utf8',
			timeout: 60000 * (process.env.PS_PATIENCE ?? 1),
			env: {
				...process.env,
				ADDON: new URL('../../../examples/node/index.js', import.meta.url).pathname,
				ROOT: root,
			},
		});
	const open = `const { search } = require(process.env.ADDON); const s = search('needle', process.env.ROOT);`;
	assert.deepEqual([run(open).status, run(`${open} s.next().then(() => process.exit(3))`).status], [0, 3]);
	const waited = run(`${open} (async () => { let n = 0; for await (const _ of s) n++; console.log(n); })()`);
	assert.equal(waited.stdout, `${FILES * LINES}\n`);
});
