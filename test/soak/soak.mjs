#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
/*
 * soak.mjs: searches in Node's event loop, many at once in one pool, for SECONDS; `make soak-node` runs it.
 *
 * Loops open searches with options at random, take all items or some, leave, abort, or close while they wait. A search
 * that is read to its end must have found what a regular expression of JavaScript finds. Every EVERY seconds all loops
 * pause: then descriptors and threads must be what they were, and memory must not grow: V8's heap, Buffers, and what is
 * resident, by the slope over the second half. It needs node --expose-gc.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('../..', import.meta.url));
process.env.PSEARCH_ADDON ??= join(resolve(top, process.env.BUILD || 'build'), 'examples/node/psearch.node');
const { Pool, Tree, search } = await import('../../examples/node/index.js');

const seconds = Number(process.env.SECONDS || 3600);
const every = Number(process.env.EVERY || (seconds < 600 ? 5 : seconds / 100));
const tasks = Number(process.env.TASKS || 60);
const growth = { heap: 512 << 10, buffers: 256 << 10, resident: 8 << 20 }; // from the middle to the end
const words = 'return struct mutex static needle noodle kettle socket irq 0x1234 skinks'.split(' ');
const patterns = 'needle,n(ee|oo)dle,kett,sk[a-z]+s,mutex.*return,\\bsocket$,0x[0-9]+,zzyzzx,k(?=e)'.split(',');
let faults = 0;

function fault(what) {
	console.log('FAULT:', what);
	if (++faults > 20) process.exit(1);
}

/** Numbers that are the same each time: mulberry32. */
let state = Number(process.env.PS_SEED || 1);
function chance() {
	state = (state + 0x6d2b79f5) | 0;
	let t = Math.imul(state ^ (state >>> 15), 1 | state);
	t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
	return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = n => Math.floor(chance() * n);
const oneOf = list => list[below(list.length)];

const root = mkdtempSync(join(tmpdir(), 'psearch-soak.'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));
const wanted = new Map(patterns.map(pattern => [pattern, []]));

/** The names sort as the library sorts them. */
function plant() {
	for (let d = 0; d < 7; d++) {
		mkdirSync(join(root, `d${d}`));
		for (let f = 100; f < 160; f++) {
			const path = join(root, `d${d}`, `f${f}`);
			const lines = Array.from({ length: oneOf([1, 5, 20, 60]) }, () =>
				Array.from({ length: below(8) }, () => oneOf(words)).join(' ')
			);
			writeFileSync(path, lines.map(line => line + '\n').join(''));
			for (const pattern of patterns)
				lines.forEach((line, at) => {
					if (new RegExp(pattern).test(line))
						wanted.get(pattern).push(`${path}:${at + 1}:${line}`);
				});
		}
	}
}

const counts = { opened: 0, ended: 0, left: 0, aborted: 0, closed: 0, items: 0 };

function options(pool, tree) {
	const chosen = { pool: chance() < 0.9 ? pool : null, most: oneOf([1, 7, 256]) };
	if (chosen.pool) chosen.priority = oneOf(['normal', 'interactive', 'background']);
	if (chance() < 0.5) chosen.tree = tree;
	if (chance() < 0.3) chosen[oneOf(['unordered', 'count', 'fileEnds', 'ignoreCase'])] = true;
	if (chance() < 0.2) chosen.beforeContext = chosen.afterContext = 2;
	return chosen;
}

function check(pattern, chosen, got) {
	if (chosen.count || chosen.ignoreCase) return;
	const lines = chosen.unordered ? [...wanted.get(pattern)].sort() : wanted.get(pattern);
	if (chosen.unordered) got.sort();
	if (got.length === lines.length && got.every((line, i) => line === lines[i])) return;
	const how = JSON.stringify({ ...chosen, pool: 0, tree: 0 });
	fault(`${pattern}, ${how}: ${got.length} lines, not ${lines.length}, or others`);
}

/** Takes up to so many items. */
async function take(found, pattern, chosen, most) {
	const got = [];
	let taken = 0;
	for await (const item of found) {
		counts.items++;
		if (item.kind === 'error') fault(`${item.path}: ${item.message}`);
		if (item.kind === 'match') got.push(`${item.path}:${item.line}:${item.text}`);
		if (++taken === most) {
			counts.left++;
			return;
		}
	}
	counts.ended++;
	return got;
}

async function play(pool, tree) {
	const pattern = oneOf(patterns),
		chosen = options(pool, tree),
		what = chance(),
		abort = new AbortController();
	const found = search(pattern, root, { ...chosen, signal: abort.signal });
	counts.opened++;
	if (what < 0.1) setTimeout(() => abort.abort(), below(20));
	else if (what < 0.2) setTimeout(() => found.close(), below(20));
	else if (what < 0.25) return; // to the garbage collector
	try {
		const got = await take(found, pattern, chosen, what > 0.6 ? 1 + below(300) : Infinity);
		if (what < 0.1) counts.aborted++;
		else if (what < 0.2) counts.closed++;
		else if (got) check(pattern, chosen, got);
	} catch (error) {
		counts.aborted++;
		if (what >= 0.2) fault(`${pattern}: ${error}`);
	}
	found.close();
}

async function flood(pool, tree) {
	const until = performance.now() + every * 1000;
	const work = async () => {
		while (performance.now() < until) await play(pool, tree);
	};
	await Promise.all(Array.from({ length: tasks }, work));
}

const at0 = performance.now();
function sample() {
	const memory = process.memoryUsage();
	return {
		at: (performance.now() - at0) / 1000,
		threads: readdirSync('/proc/self/task').length,
		descriptors: readdirSync('/proc/self/fd').length,
		heap: memory.heapUsed,
		buffers: memory.arrayBuffers,
		resident: memory.rss
	};
}

const names = ['threads', 'descriptors'];

/** What nobody refers to any more is closed by the garbage collector, in some turns of the loop. */
async function settled(base) {
	const until = performance.now() + 5000;
	for (;;) {
		globalThis.gc();
		await sleep(20);
		const now = sample();
		if (performance.now() > until || (base && names.every(name => now[name] === base[name]))) return now;
	}
}

function grown(samples, name) {
	const n = samples.length,
		x = samples.reduce((sum, s) => sum + s.at / n, 0),
		y = samples.reduce((sum, s) => sum + s[name] / n, 0);
	const xx = samples.reduce((sum, s) => sum + (s.at - x) ** 2, 0);
	const xy = samples.reduce((sum, s) => sum + (s.at - x) * (s[name] - y), 0);
	return xx > 0 ? (xy / xx) * (samples[n - 1].at - samples[0].at) : 0;
}

const mega = bytes => (bytes / 1e6).toFixed(1);
function show(when, s) {
	console.log(
		`${when.padStart(6)} RSS ${mega(s.resident)} MB, heap ${mega(s.heap)} MB, Buffers ${mega(s.buffers)} MB, ` +
			`threads ${s.threads}, descriptors ${s.descriptors}`
	);
}

/** The first flood makes what stays: the threads of libuv. */
const samples = [];
let base;
plant();
console.log(`${seconds} s, ${tasks} loops`);
while (performance.now() < at0 + seconds * 1000) {
	const pool = new Pool({ workers: 2 }),
		tree = new Tree();
	await flood(pool, tree);
	await sleep(50); // timers that abort and close
	pool.close();
	tree.close();
	const now = await settled(base);
	samples.push(now);
	show(`${now.at.toFixed(0)} s`, now);
	if (base)
		for (const name of names) if (now[name] !== base[name]) fault(`${now[name]} ${name}, not ${base[name]}`);
	base ??= now;
}

console.log(Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', '));
for (let i = 0; i <= 4; i++) show(`${i}/4`, samples[Math.floor((i * (samples.length - 1)) / 4)]);
const half = samples.slice(Math.floor(samples.length / 2));
for (const [name, most] of Object.entries(growth)) {
	const by = grown(half, name);
	console.log(`second half: ${name} grew by ${by.toFixed(0)}`);
	if (by > most) fault(`${name} grows by ${by.toFixed(0)}, more than ${most}`);
}
console.log(`${faults} faults`);
process.exit(faults > 0 ? 1 : 0);
