// SPDX-License-Identifier: BSD-2-Clause
// What the tests of examples/node share.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const build = process.env.PSEARCH_BUILD;

/** A directory with these files: an object of names and texts. */
export function tree(files) {
	const root = mkdtempSync(join(process.env.PSEARCH_SCRATCH, 'tree-'));
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(dirname(join(root, name)), { recursive: true });
		writeFileSync(join(root, name), text);
	}
	return root;
}

export async function all(items) {
	const list = [];
	for await (const item of items) list.push(item);
	return list;
}

export const command = (...args) =>
	execFileSync(join(build, 'psearch'), args, { encoding: 'utf8', maxBuffer: 1 << 28 });
export const descriptors = () => readdirSync('/proc/self/fd').length;
export const threads = () => readdirSync('/proc/self/task').length;
export const header = () => JSON.parse(readFileSync(join(build, 'psearch.json'), 'utf8'));

/** Until the condition holds: what has to happen is waited for, not a time. */
export async function until(condition, what) {
	for (let i = 0; i < 1000; i++) {
		if (await condition()) return;
		await sleep(10);
	}
	throw new Error(`never: ${what}`);
}

/** Memory that is in use, after what is garbage has gone. */
export async function settled() {
	let least = Infinity,
		buffers = Infinity;
	for (let i = 0; i < 6; i++) {
		globalThis.gc();
		await sleep(5);
		const { rss, arrayBuffers } = process.memoryUsage();
		least = Math.min(least, rss);
		buffers = Math.min(buffers, arrayBuffers);
	}
	return { rss: least, buffers };
}
