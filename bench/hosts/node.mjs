#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
/*
 * bench/hosts/node.mjs [TREE [PATTERN [WORKERS]]]: what a search costs in Node.
 *
 * For each way to iterate: the time for all matches, and how late a timer of 1 ms was meanwhile, which is how long the
 * loop was blocked. `own` is that without the time for which Linux let other threads run in place of the loop's,
 * although it was ready (/proc/self/task/PID/schedstat): on a busy machine only this tells of Node and the library. It
 * still has V8's waits for the threads that collect garbage with it, unless Node runs with --single-threaded-gc. The
 * first row is a control, without a search. With fewer workers than processors the loop's thread has one to itself.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, openSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('../..', import.meta.url));
const build = resolve(top, process.env.BUILD || 'build');
execFileSync('make', ['-s', '-C', join(top, 'examples/node'), `BUILD=${build}`], { stdio: ['ignore', 2, 2] });
process.env.PSEARCH_ADDON = join(build, 'examples/node/psearch.node');
const { Pool, search } = await import('../../examples/node/index.js');

const [tree = '/usr/include', pattern = 'return', workers = 0] = process.argv.slice(2);
const pool = new Pool({ workers: Number(workers) });

const schedstat = openSync(`/proc/self/task/${process.pid}/schedstat`);
const read = Buffer.alloc(100);

/** Milliseconds for which this thread was ready to run, and did not. */
function kept() {
	const length = readSync(schedstat, read, 0, read.length, 0);
	return Number(read.toString('latin1', 0, length).split(' ')[1]) / 1e6;
}

const sorted = numbers => numbers.sort((a, b) => a - b);
const at = (numbers, part) => (numbers[Math.floor(part * (numbers.length - 1))] ?? NaN).toFixed(2);

async function measure(name, work) {
	const late = [],
		own = [];
	let expected = performance.now() + 1,
		keptBefore = kept();
	const timer = setInterval(() => {
		const now = performance.now(),
			keptNow = kept();
		late.push(Math.max(0, now - expected));
		own.push(Math.max(0, now - expected - (keptNow - keptBefore)));
		expected = now + 1;
		keptBefore = keptNow;
	}, 1);
	const delay = monitorEventLoopDelay({ resolution: 1 });
	delay.enable();
	const before = process.cpuUsage(),
		start = performance.now();
	const count = await work();
	const took = performance.now() - start,
		used = process.cpuUsage(before);
	delay.disable();
	clearInterval(timer);
	(sorted(late), sorted(own));
	console.log(
		`${name.padEnd(32)} ${String(count).padStart(7)} items ${took.toFixed(0).padStart(5)} ms, ` +
			`${((used.user + used.system) / 1000).toFixed(0).padStart(5)} ms of processor; ` +
			`own p99 ${at(own, 0.99)} max ${at(own, 1)} ms; late p99 ${at(late, 0.99)} max ${at(late, 1)} ms; ` +
			`monitor p99 ${(delay.percentile(99) / 1e6).toFixed(2)} max ${(delay.max / 1e6).toFixed(2)} ms`
	);
	return count;
}

async function count(items) {
	let number = 0;
	for await (const item of items) number += item.length ?? 1;
	return number;
}

async function readAll(found) {
	let number = 0,
		units = 0;
	for await (const item of found)
		if (item.kind === 'match') {
			units += item.path.length + item.text.length + item.column(item.spans[0].begin);
			number++;
		}
	return units > 0 ? number : 0;
}

const openAndClose = async () => {
	for (let i = 0; i < 1000; i++) for await (const item of search(pattern, tree, { pool })) if (item.line > 0) break;
	return 1000;
};
const atOnce = async () =>
	(
		await Promise.all(Array.from({ length: 10 }, () => count(search(pattern, tree, { pool, maxMatches: 50000 }))))
	).reduce((sum, number) => sum + number);

await count(search(pattern, tree, { pool })); // so that the tree is in the cache
await measure('control: nothing', () => sleep(2000).then(() => 0));
await measure('batches()', () => count(search(pattern, tree, { pool }).batches()));
await measure('for await', () => count(search(pattern, tree, { pool })));
await measure('for await, path, text and column', () => readAll(search(pattern, tree, { pool })));
await measure('1,000 times the first item', openAndClose);
await measure('10 at once', atOnce);
const command = join(build, 'psearch');
if (existsSync(command)) {
	const start = performance.now();
	const { status } = spawnSync('/bin/sh', ['-c', '"$0" -rn "$1" "$2" | cat >/dev/null', command, pattern, tree]);
	console.log(
		`${'the command, through a pipe'.padEnd(32)} exit ${status}        ${(performance.now() - start).toFixed(0)} ms`
	);
}
