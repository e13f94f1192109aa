// SPDX-License-Identifier: BSD-2-Clause
/*
 * Ordered parallel text search: libpsearch as asynchronous iterators. index.d.ts says what there is.
 *
 * A search takes items from the library only while somebody asks for them, one batch ahead; what waits beyond that
 * is bounded by the library, whose threads then stop. A batch is one Buffer (see batch.c), and an Item reads its
 * fields from it.
 *
 * The loop goes on: all searches of a thread together work some milliseconds in a turn of it, then they wait for the
 * next turn. A search with nothing ready waits for its descriptor, which the addon polls.
 */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { fileURLToPath } = require('node:url');
const { inspect } = require('node:util');

const addon = require(
	[
		process.env.PSEARCH_ADDON,
		path.join(__dirname, 'psearch.node'),
		path.join(__dirname, '../../build/examples/node/psearch.node'),
	].find(file => file && fs.existsSync(file)) ?? './psearch.node'
);

const NO_WALK = 2 ** 32 - 1;
const NO_WORKERS = 2 ** 32 - 1;
const NO_LEARNING = 2 ** 32 - 1;
const EAGAIN = -5;
const ECANCELED = -6;
const TURN_MS = 2; // of work, before others have their turn
const CHECKED = 32; // items between two looks at the clock

// The enums of the header. test/hosts/node/names.test.mjs holds them, and the options, against it.

const names = (start, words) =>
	Object.freeze(Object.fromEntries(words.split(' ').map((word, i) => [word, start + i])));
const bits = (first, words) =>
	Object.freeze(Object.fromEntries(words.split(' ').map((word, i) => [word, 2 ** (first + i)])));
const enums = Object.freeze({
	matchFlag: bits(
		0,
		'ignoreCase invert word line fixed crlf nulLines text skipBinary decompress multiline dotNewline'
	),
	walkFlag: bits(
		12,
		'skipHidden follow oneFileSystem ignoreVcs ignoreFiles ignoreBelow ignoreAnywhere ' +
			'noNestedRepositories tracked'
	),
	resultFlag: bits(21, 'fileInfo unordered count fileEnds noSpans noLineNumbers list socket groups allLines'),
	callerFlag: bits(0, 'noHelp'),
	globFlag: bits(0, 'exclude noCase braces basename displayPath filesOnly dirsOnly unhide override'),
	overlayFlag: bits(0, 'removed'),
	itemFlag: bits(0, 'window noEol crlf note matchesEol changed'),
	itemKind: names(1, 'match context binary error fileEnd file'),
	status: names(-9, 'ESOURCE ESYSTEM ETIMEDOUT ECANCELED EAGAIN EPATTERN ENOMEM EVERSION EINVAL OK ITEM'),
	subject: names(0, 'none pattern source glob ignoreFile gitConfig encoding cursor overlay'),
	syntax: names(0, 'oniguruma perl python basic extended'),
	sourceKind: names(0, 'path descriptor memory'),
	priority: names(0, 'normal interactive background'),
	reason: names(
		0,
		'none open read list outputFile lineTooLong gaveUp damaged unsupported memory encoding rules textTooLong'
	),
	outcome: names(0, 'running complete limited timedOut canceled failed'),
	never: names(0, 'none lineEnd place character'),
	unit: names(0, 'bytes codePoints utf16'),
	treeTrust: names(0, 'stamps directories told watched'),
});

/** The name of a value; the number itself where a newer library has one of its own. */
function nameOf(values, value) {
	const start = Object.values(values)[0];
	return Object.keys(values)[value - start] ?? value;
}
const namesOf = values =>
	Object.assign([], Object.fromEntries(Object.entries(values).map(([name, value]) => [value, name])));
const KINDS = namesOf(enums.itemKind);
const REASONS = namesOf(enums.reason);
const FIELDS = [
	'none',
	'patterns',
	'sources',
	'globs',
	'extraIgnoreFiles',
	'gitConfigs',
	'encoding',
	'cursor',
	'overlays',
];

// Errors --------------------------------------------------------------------------------------------------------------

/** A search did not open, or ended early. */
class SearchError extends Error {
	constructor(failure, cause) {
		super(failure.message, cause === undefined ? undefined : { cause });
		this.name = 'SearchError';
		this.status = failure.status;
		this.code = nameOf(enums.status, failure.status);
		this.subject = nameOf(enums.subject, failure.subject ?? 0);
		if (this.subject !== 'none') {
			this.index = failure.index;
			this.field = this.subject === 'cursor' ? ['resume', 'until'][failure.index] : FIELDS[failure.subject];
			if (failure.offset >= 0) this.offset = failure.offset;
		}
		if (failure.systemError) this.errno = failure.systemError;
	}
}

class AbortError extends Error {
	constructor(cause) {
		super('The search was aborted', { cause });
		this.name = 'AbortError';
		this.code = 'ABORT_ERR';
	}
}

function wrong(field, reason, Type = TypeError) {
	return Object.assign(new Type(`${field} ${reason}`), { code: 'ERR_INVALID_ARG_VALUE', field });
}

// Options -------------------------------------------------------------------------------------------------------------

function toNumber(field, value, size) {
	const width = Math.abs(size);
	if (!(Number.isInteger(value) || typeof value === 'bigint')) throw wrong(field, 'has to be an integer');
	const number = BigInt(value);
	if (number !== (size < 0 ? BigInt.asIntN(width, number) : BigInt.asUintN(width, number)))
		throw wrong(field, `${value} does not fit ${width} bits${size < 0 ? '' : ' without a sign'}`, RangeError);
	return BigInt.asUintN(64, number);
}

function toEnum(field, value, values) {
	if (typeof value === 'string' && !Object.hasOwn(values, value))
		throw wrong(field, `'${value}' is none of: ${Object.keys(values).join(', ')}`);
	return toNumber(field, typeof value === 'string' ? values[value] : value, 32);
}

function toText(field, value) {
	if (typeof value === 'string') return Buffer.from(value);
	if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return Buffer.from(value);
	if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
	throw wrong(field, 'has to be a string or a Buffer');
}

/** A string for C; a path may be a Buffer, since its bytes may be no valid UTF-8, and a file: URL. */
function toWord(field, value) {
	const text = toText(field, value instanceof URL ? fileURLToPath(value) : value);
	if (text.includes(0)) throw wrong(field, 'has a NUL in it');
	return Buffer.concat([text, Buffer.of(0)]);
}

/** Takes the flags out of an object. */
function toFlags(values, object, where = '') {
	let sum = 0;
	for (const [name, bit] of Object.entries(values)) {
		const value = object[name];
		if (value !== undefined && typeof value !== 'boolean') throw wrong(where + name, 'has to be true or false');
		if (value) sum += bit;
	}
	return BigInt(sum);
}

function refuseUnknown(object, known, where = '') {
	for (const name of Object.keys(object)) if (!known.has(name)) throw wrong(where + name, 'is no option');
}

const isText = value =>
	typeof value === 'string' || ArrayBuffer.isView(value) || value instanceof URL || value instanceof ArrayBuffer;
const listOf = value =>
	value === undefined
		? []
		: isText(value) || typeof value !== 'object' || typeof value[Symbol.iterator] !== 'function'
			? [value]
			: [...value];

const SOURCE_NAMES = new Set(['path', 'name', 'descriptor', 'data']);
const GLOB_NAMES = new Set(['text', 'group', ...Object.keys(enums.globFlag)]);

/** `lent` gets what has to stay until the search is closed. */
function toSource(source, field, lent) {
	if (isText(source)) return { path: toWord(field, source) };
	if (typeof source === 'number') source = { descriptor: source };
	if (source === null || typeof source !== 'object')
		throw wrong(field, 'has to be a path, a descriptor, or an object');
	refuseUnknown(source, SOURCE_NAMES, `${field}.`);
	const result = source.name === undefined ? {} : { name: toWord(`${field}.name`, source.name) };
	if (['path', 'descriptor', 'data'].filter(name => source[name] !== undefined).length !== 1)
		throw wrong(field, 'has to have one of path, descriptor and data');
	if (source.path !== undefined) return Object.assign(result, { path: toWord(`${field}.path`, source.path) });
	if (source.descriptor !== undefined) {
		lent.push(source);
		return Object.assign(result, {
			kind: BigInt(enums.sourceKind.descriptor),
			descriptor: toNumber(`${field}.descriptor`, source.descriptor, -32),
		});
	}
	const data = toText(`${field}.data`, source.data);
	lent.push(data);
	return Object.assign(result, { kind: BigInt(enums.sourceKind.memory), data });
}

function toGlob(glob, field) {
	if (isText(glob)) return { text: toWord(field, glob) };
	if (glob === null || typeof glob !== 'object') throw wrong(field, 'has to be a string or an object');
	refuseUnknown(glob, GLOB_NAMES, `${field}.`);
	return {
		text: toWord(`${field}.text`, glob.text),
		flags: toFlags(enums.globFlag, glob, `${field}.`),
		group: toNumber(`${field}.group`, glob.group ?? 0, 32),
	};
}

function toOverlays(overlays, lent) {
	const pairs = typeof overlays[Symbol.iterator] === 'function' ? [...overlays] : Object.entries(overlays);
	return pairs.map(([file, text], i) => {
		const overlay = { path: toWord(`overlays[${i}]`, file) };
		if (text === null) return Object.assign(overlay, { flags: BigInt(enums.overlayFlag.removed) });
		overlay.data = toText(`overlays[${i}]`, text);
		lent.push(overlay.data);
		return overlay;
	});
}

const FLAGS = { matchFlags: enums.matchFlag, walkFlags: enums.walkFlag, resultFlags: enums.resultFlag };
const NUMBERS = {},
	WORDS = [];
for (const [name, size] of Object.entries({ ...addon.fields.options, ...addon.fields.walk }))
	if (size === 0) WORDS.push(name);
	else if (!/Flags$/.test(name)) NUMBERS[name] = size;
const OPTION_NAMES = new Set([
	...Object.keys(NUMBERS),
	...WORDS,
	...Object.values(FLAGS).flatMap(Object.keys),
	'globs',
	'extraIgnoreFiles',
	'gitConfigs',
	'overlays',
	'pool',
	'tree',
	'moreSources',
	'signal',
	'most',
]);
const ENUM_OPTIONS = { syntax: enums.syntax, priority: enums.priority };

/** What the addon's open() and explain() take. */
function toRequest(patterns, sources, options, lent) {
	refuseUnknown(options, OPTION_NAMES);
	const request = {
		patterns: listOf(patterns).map((pattern, i) => ({ text: toText(`patterns[${i}]`, pattern) })),
		sources: listOf(sources).map((source, i) => toSource(source, `sources[${i}]`, lent)),
		globs: listOf(options.globs).map((glob, i) => toGlob(glob, `globs[${i}]`)),
		overlays: options.overlays === undefined ? [] : toOverlays(options.overlays, lent),
	};
	for (const name of ['extraIgnoreFiles', 'gitConfigs'])
		request[name] = listOf(options[name]).map((file, i) => toWord(`${name}[${i}]`, file));
	for (const [name, values] of Object.entries(FLAGS)) request[name] = toFlags(values, options);
	for (const name of WORDS) if (options[name] !== undefined) request[name] = toWord(name, options[name]);
	for (const [name, size] of Object.entries(NUMBERS))
		if (options[name] !== undefined)
			request[name] = Object.hasOwn(ENUM_OPTIONS, name)
				? toEnum(name, options[name], ENUM_OPTIONS[name])
				: toNumber(name, options[name], size);
	return request;
}

/** The addon's nextSource for an iterable. What a source points to lives until the next one, its memory in `lent`. */
function moreSources(iterable, lent, state) {
	const iterator = iterable[Symbol.iterator]();
	let count = 0;
	state.iterator = iterator; // to be closed, unless it has ended or failed
	return () => {
		try {
			state.iterator = null;
			const { done, value } = iterator.next();
			if (!done) state.iterator = iterator;
			state.last = done ? undefined : toSource(value, `moreSources[${count++}]`, lent);
			return state.last;
		} catch (failure) {
			// it must not pass through the library
			state.failure = failure;
			return null;
		}
	};
}

// Items ---------------------------------------------------------------------------------------------------------------

const R = addon.record;
const NO_GROUP = 2 ** 32 - 1;

class Batch {
	constructor(buffer) {
		this.buffer = buffer;
		this.doubles = new Float64Array(buffer.buffer, buffer.byteOffset, buffer.length >>> 3);
		this.words = new Uint32Array(buffer.buffer, buffer.byteOffset, buffer.length >>> 2);
		this.count = this.words[R.count];
		this.pathAt = -1; // of the path that was asked for last
		this.path = '';
	}

	large(place) {
		return new BigUint64Array(this.buffer.buffer, this.buffer.byteOffset + 8 * place, 1)[0];
	}

	string(at, length) {
		return this.buffer.toString('utf8', at, at + length);
	}
}

/** What was found: a struct search_item, by the names of its fields. It stays valid, and keeps its batch in memory. */
class Item {
	#batch;
	#double; // indices of its record
	#word;

	constructor(batch, index) {
		this.#batch = batch;
		this.#double = index * (R.size / 8);
		this.#word = index * (R.size / 4);
	}

	get kind() {
		const kind = this.#batch.words[this.#word + R.kind];
		return KINDS[kind] ?? kind;
	}
	get flags() {
		return this.#batch.words[this.#word + R.flags];
	}
	get source() {
		return this.#batch.doubles[this.#double + R.source];
	}
	get line() {
		return this.#batch.doubles[this.#double + R.line];
	}
	get offset() {
		return this.#batch.doubles[this.#double + R.offset];
	}
	get lineBytes() {
		return this.#batch.doubles[this.#double + R.lineBytes];
	}
	get textOffset() {
		return this.#batch.doubles[this.#double + R.textOffset];
	}
	get matches() {
		return this.#batch.doubles[this.#double + R.matches];
	}
	get bytes() {
		return this.#batch.doubles[this.#double + R.bytes];
	}
	get fileNumber() {
		return this.#batch.doubles[this.#double + R.fileNumber];
	}
	get fileSize() {
		return this.#batch.doubles[this.#double + R.fileSize];
	}
	get modified() {
		return this.#batch.doubles[this.#double + R.modified];
	}
	get modifiedNs() {
		return this.#batch.words[this.#word + R.modifiedNs];
	}
	get inode() {
		return this.#batch.large(this.#double + R.inode);
	}
	get device() {
		return this.#batch.large(this.#double + R.device);
	}
	get error() {
		return this.#batch.words[this.#word + R.error];
	}
	get reason() {
		const reason = this.#batch.words[this.#word + R.reason];
		return REASONS[reason] ?? reason;
	}

	#string(at, length) {
		const { words } = this.#batch;
		return this.#batch.string(words[this.#word + at], words[this.#word + length]);
	}

	#view(at, length) {
		const { words, buffer } = this.#batch,
			from = words[this.#word + at];
		return buffer.subarray(from, from + words[this.#word + length]);
	}

	get path() {
		const batch = this.#batch,
			at = batch.words[this.#word + R.path];
		if (batch.pathAt !== at) {
			batch.pathAt = at;
			batch.path = this.#string(R.path, R.pathLength);
		}
		return batch.path;
	}

	get text() {
		return this.#string(R.text, R.length);
	}
	get message() {
		return this.#string(R.message, R.messageLength);
	}
	get rawPath() {
		return this.#view(R.path, R.pathLength);
	}
	get rawText() {
		return this.#view(R.text, R.length);
	}

	get rawSpans() {
		const { words } = this.#batch,
			from = words[this.#word + R.spans];
		return words.subarray(from, from + 4 * words[this.#word + R.spanCount]);
	}

	get spans() {
		const { words } = this.#batch,
			spans = [];
		const groups = words[this.#word + R.groups],
			groupCount = words[this.#word + R.groupCount];
		const from = words[this.#word + R.spans],
			to = from + 4 * words[this.#word + R.spanCount];
		for (let at = from; at < to; at += 4) {
			const span = { begin: words[at], end: words[at + 1], pattern: words[at + 2] };
			if (groupCount > 0) {
				const end = at + 4 < to ? words[at + 7] : groupCount;
				span.groups = [];
				for (let place = groups + 2 * words[at + 3]; place < groups + 2 * end; place += 2)
					span.groups.push(
						words[place] === NO_GROUP ? null : { begin: words[place], end: words[place + 1] }
					);
			}
			spans.push(span);
		}
		return spans;
	}

	column(byte, unit = 'utf16') {
		if (!Number.isInteger(byte) || byte < 0) throw wrong('byte', 'has to be a place in the line');
		return addon.column(this.rawText, this.textOffset, byte, Number(toEnum('unit', unit, enums.unit)));
	}

	has(flag) {
		if (!Object.hasOwn(enums.itemFlag, flag))
			throw wrong('flag', `'${flag}' is none of: ${Object.keys(enums.itemFlag).join(', ')}`);
		return (this.flags & enums.itemFlag[flag]) !== 0;
	}

	/** A plain object with the fields that items of this kind have. */
	toJSON() {
		const { kind, flags, source, path } = this,
			plain = { kind, flags, source, path };
		if (kind === 'match' || kind === 'context') {
			const { line, offset, text, lineBytes, textOffset, spans } = this;
			return Object.assign(plain, { line, offset, text, lineBytes, textOffset, spans });
		}
		if (kind === 'error')
			return Object.assign(plain, {
				line: this.line,
				offset: this.offset,
				reason: this.reason,
				error: this.error,
				message: this.message,
			});
		if (kind === 'binary') return Object.assign(plain, { offset: this.offset });
		if (kind === 'fileEnd')
			Object.assign(plain, { matches: this.matches, bytes: this.bytes, offset: this.offset });
		return Object.assign(plain, {
			fileNumber: this.fileNumber,
			fileSize: this.fileSize,
			inode: `${this.inode}`,
			device: `${this.device}`,
			modified: this.modified,
			modifiedNs: this.modifiedNs,
		});
	}

	[inspect.custom](depth, options) {
		return `Item ${inspect(this.toJSON(), options)}`;
	}
}

// Turns of the loop ---------------------------------------------------------------------------------------------------

let turnEnds = 0; // when the searches of this thread have worked long enough for this turn
let turn = null; // a promise for the next one

function nextTurn() {
	turn ??= new Promise(resolve =>
		setImmediate(() => {
			turn = null;
			turnEnds = performance.now() + TURN_MS;
			resolve();
		})
	);
	return turn;
}

// Pools and searches --------------------------------------------------------------------------------------------------

const internal = Symbol('internal');

/** Threads, descriptors and memory that searches share. It may be closed while they are open: they go on. */
class Pool {
	#native;

	constructor(options = {}) {
		refuseUnknown(options, new Set(Object.keys(addon.fields.pool)));
		const request = {};
		for (const [name, size] of Object.entries(addon.fields.pool))
			if (options[name] !== undefined) request[name] = toNumber(name, options[name], size);
		const native = addon.openPool(request);
		if (native.status !== undefined) throw new SearchError(native);
		this.#native = native;
	}

	[internal]() {
		if (this.#native === null) throw wrong('pool', 'is closed');
		return this.#native;
	}

	stats() {
		return addon.poolStats(this[internal]());
	}

	close() {
		const native = this.#native;
		this.#native = null;
		if (native !== null) addon.closePool(native);
	}
}
if (Symbol.dispose) Pool.prototype[Symbol.dispose] = Pool.prototype.close;

/** What searches learn of files, kept for later ones. It may be closed while they are open: they go on. */
class Tree {
	#native;

	constructor(options = {}) {
		refuseUnknown(options, new Set(Object.keys(addon.fields.tree)));
		const request = {};
		for (const [name, size] of Object.entries(addon.fields.tree))
			if (options[name] !== undefined)
				request[name] =
					name === 'trust'
						? toEnum(name, options[name], enums.treeTrust)
						: toNumber(name, options[name], size);
		const native = addon.openTree(request);
		if (native.status !== undefined) throw new SearchError(native);
		this.#native = native;
	}

	[internal]() {
		if (this.#native === null) throw wrong('tree', 'is closed');
		return this.#native;
	}

	changed(path) {
		const status = addon.treeChanged(this[internal](), path === undefined ? null : toWord('path', path));
		if (status < 0) throw new SearchError({ status, message: addon.strerror(status) });
	}

	/** Another thread does it: `start` is the addon's function. */
	#run(start, argument) {
		return new Promise((resolve, reject) => {
			const done = result => {
				if (typeof result === 'number' && result >= 0) resolve(result === 1);
				else if (typeof result === 'object') reject(new SearchError(result));
				else reject(new SearchError({ status: result, message: addon.strerror(result) }));
			};
			const failure = start(this[internal](), done, argument);
			if (failure !== undefined) reject(new SearchError(failure));
		});
	}

	async learn(milliseconds) {
		return this.#run(addon.treeLearn, Number(toNumber('milliseconds', milliseconds, 32)));
	}

	cancel() {
		if (this.#native !== null) addon.treeCancel(this.#native);
	}

	async save(path) {
		await this.#run(addon.treeSave, toWord('path', path));
	}

	async load(path) {
		await this.#run(addon.treeLoad, toWord('path', path));
	}

	stats() {
		return addon.treeStats(this[internal]());
	}

	close() {
		const native = this.#native;
		this.#native = null;
		if (native !== null) addon.closeTree(native);
	}
}
if (Symbol.dispose) Tree.prototype[Symbol.dispose] = Tree.prototype.close;

/** An open search: an asynchronous iterator of items. */
class Search {
	#native = null; // null once it is closed
	#most;
	#batch = null;
	#at = 0; // of the batch's items, the next
	#served = 0;
	#waiting = 0; // calls of next() that have no answer yet
	#last = null; // what the last of them returned
	#wake = null; // what ends a wait
	#taking = false; // inside the library: moreSources may call us from there
	#over = false; // there will be no more batches
	#failure = null; // what next() has still to throw
	#ended = null; // what stats() and so on say after the search was closed
	#sources = {}; // the state of moreSources
	#never = null;
	#groups = [];
	#forget = null; // takes the listener off the signal

	constructor(patterns, sources, options = {}) {
		const lent = [];
		const request = toRequest(patterns, sources, options, lent);
		const { pool, tree, signal, most = 256 } = options;
		if (!Number.isInteger(most) || most < 1 || most > 65536)
			throw wrong('most', 'has to be from 1 to 65536', RangeError);
		if (pool !== undefined && pool !== null && !(pool instanceof Pool))
			throw wrong('pool', 'has to be a Pool, or null for threads of its own');
		if (tree !== undefined && !(tree instanceof Tree)) throw wrong('tree', 'has to be a Tree');
		if (signal !== undefined && !(signal instanceof AbortSignal))
			throw wrong('signal', 'has to be an AbortSignal');
		const more = options.moreSources;
		if (more !== undefined && typeof more?.[Symbol.iterator] !== 'function')
			throw wrong('moreSources', 'has to be iterable');
		this.#most = most;
		if (signal?.aborted) {
			this.#end({ outcome: enums.outcome.canceled }, new AbortError(signal.reason));
			return;
		}
		const native = addon.open(
			request,
			pool ? pool[internal]() : pool,
			more || lent.length > 0 ? lent : undefined,
			more === undefined ? undefined : moreSources(more, lent, this.#sources),
			tree?.[internal]()
		);
		if (native.status !== undefined) {
			this.#closeSources();
			throw new SearchError(native);
		}
		this.#native = native;
		const never = addon.never(native);
		this.#never = never && { pattern: never.pattern, reason: nameOf(enums.never, never.reason) };
		if (options.groups) this.#groups = request.patterns.map((_, i) => addon.groupNames(native, i));
		if (signal !== undefined) this.#watch(signal);
	}

	/** A search that is forgotten goes away although the signal stays. */
	#watch(signal) {
		const weak = new WeakRef(this);
		const abort = () => weak.deref()?.#abort(signal.reason);
		signal.addEventListener('abort', abort, { once: true });
		this.#forget = () => signal.removeEventListener('abort', abort);
	}

	#abort(reason) {
		if (this.#native !== null) this.#end({ outcome: enums.outcome.canceled }, new AbortError(reason));
	}

	/** The native handle, for what may not be asked while it is in use. */
	#opened() {
		if (this.#taking)
			throw new SearchError({ status: enums.status.EINVAL, message: 'the search is taking an item' });
		return this.#native;
	}

	[Symbol.asyncIterator]() {
		return this;
	}

	next() {
		// If moreSources calls this, its turn comes after the call that takes, which may not have its promise yet.
		if (this.#taking) return Promise.resolve().then(() => this.next());
		const batch = this.#batch;
		if (
			batch !== null &&
			this.#waiting === 0 &&
			(++this.#served % CHECKED !== 0 || performance.now() <= turnEnds)
		)
			return Promise.resolve({ value: this.#shift(batch), done: false });
		const later = () => this.#later();
		this.#last = this.#waiting++ === 0 ? later() : this.#last.then(later, later);
		return this.#last;
	}

	#shift(batch) {
		const item = new Item(batch, this.#at++);
		if (this.#at === batch.count) this.#batch = null;
		return item;
	}

	/** next(), after the loop had its turn, or with the next batch. One at a time. */
	async #later() {
		try {
			if (this.#batch !== null && performance.now() > turnEnds) await nextTurn();
			if (this.#batch === null && !this.#over) await this.#takeBatch();
			if (this.#batch !== null) return { value: this.#shift(this.#batch), done: false };
			const failure = this.#failure;
			this.#failure = null;
			if (failure !== null) throw failure;
			return { value: undefined, done: true };
		} finally {
			this.#waiting--;
		}
	}

	/** Ends when there is a batch, or the search is over. */
	async #takeBatch() {
		for (;;) {
			if (performance.now() > turnEnds) await nextTurn();
			if (this.#over) return;
			const taken = this.#take();
			if (this.#over) return; // closed by moreSources
			if (typeof taken === 'object') {
				this.#at = 0;
				this.#batch = new Batch(taken);
				return;
			}
			const status = taken === EAGAIN ? await this.#ready() : taken;
			if (status !== EAGAIN) {
				this.#finish(status);
				return;
			}
		}
	}

	#take() {
		this.#taking = true;
		try {
			return addon.take(this.#native, this.#most);
		} finally {
			this.#taking = false;
			if (this.#over) {
				this.#closeNative();
				this.#closeSources();
			}
		}
	}

	/** EAGAIN, once it is worth while to try again; or why one cannot wait. */
	#ready() {
		return new Promise(resolve => {
			this.#wake = () => resolve(EAGAIN);
			const status = addon.wait(this.#native, this.#wake);
			if (status < 0) resolve(status);
		});
	}

	#error(status) {
		return new SearchError({ status, message: addon.strerror(status) }, this.#sources.failure);
	}

	/** There are no more items: of the library, or because the addon cannot get at them. */
	#finish(status) {
		if (this.#over) return;
		const native = this.#native;
		const outcome = addon.outcome(native);
		this.#end(
			{
				stats: addon.stats(native),
				outcome: outcome === enums.outcome.running ? enums.outcome.failed : outcome,
				cursor: addon.cursor(native),
			},
			status < 0 ? this.#error(status) : null
		);
	}

	/** Closes; from now on `ended` is what is known of the search. */
	#end(ended, failure = null) {
		this.#over = true;
		this.#batch = null;
		this.#failure = failure;
		this.#ended = ended;
		if (this.#native !== null && !this.#taking) this.#ended.stats ??= addon.stats(this.#native);
		this.#forget?.();
		this.#forget = null;
		if (!this.#taking) this.#closeNative();
		this.#wake?.();
		this.#wake = null;
		if (!this.#taking) this.#closeSources();
	}

	/** Tells the iterator of moreSources that no more are wanted, as for...of does; what it throws comes out. */
	#closeSources() {
		const { iterator } = this.#sources;
		this.#sources.iterator = null;
		iterator?.return?.();
	}

	#closeNative() {
		const native = this.#native;
		this.#native = null;
		if (native !== null) addon.close(native);
	}

	/** What is left of the loop calls it when the consumer stops early. */
	async return(value) {
		this.close();
		return { value, done: true };
	}

	/** The items in arrays, as they come: for many of them faster than one by one. */
	async *batches() {
		try {
			for (;;) {
				const { value, done } = await this.next();
				if (done) return;
				const items = [value];
				while (this.#batch !== null) items.push(this.#shift(this.#batch));
				yield items;
			}
		} finally {
			this.close();
		}
	}

	cancel() {
		if (this.#native === null) return;
		this.#batch = null;
		addon.cancel(this.#native);
	}

	close() {
		if (!this.#over) this.#end({ outcome: enums.outcome.canceled });
		this.#failure = null;
		this.#batch = null;
	}

	get closed() {
		return this.#native === null;
	}

	stats() {
		return this.#native === null ? (this.#ended.stats ?? null) : addon.stats(this.#native);
	}

	outcome() {
		return nameOf(enums.outcome, this.#opened() === null ? this.#ended.outcome : addon.outcome(this.#native));
	}

	cursor() {
		if (this.#batch !== null)
			// the library stands after them
			throw new SearchError({
				status: enums.status.EINVAL,
				message: 'items that were taken together are left: open the search with most: 1',
			});
		const cursor = this.#opened() === null ? this.#ended.cursor : addon.cursor(this.#native);
		if (typeof cursor !== 'string')
			throw new SearchError({
				status: cursor ?? enums.status.EINVAL,
				message:
					cursor === enums.status.ENOMEM
						? addon.strerror(cursor)
						: 'there is no cursor: no item was delivered, there is no order, or the search was closed',
			});
		return cursor;
	}

	never() {
		return this.#never;
	}

	groupNames(pattern = 0) {
		return this.#groups[pattern] ?? [];
	}
}
if (Symbol.asyncDispose)
	Search.prototype[Symbol.asyncDispose] = async function () {
		this.close();
	};

function search(patterns, sources, options) {
	return new Search(patterns, sources, options);
}

function explain(patterns, options = {}) {
	const text = addon.explain(toRequest(patterns, undefined, options, []));
	if (typeof text !== 'string') throw new SearchError(text);
	return text;
}

const build = () => addon.build();

module.exports = {
	search,
	explain,
	build,
	Search,
	Pool,
	Tree,
	Item,
	SearchError,
	AbortError,
	enums,
	NO_WALK,
	NO_WORKERS,
	NO_LEARNING,
};
// Beside the functions: for the test that holds the options against the header.
module.exports.optionNames = [...OPTION_NAMES];
module.exports.poolOptionNames = Object.keys(addon.fields.pool);
module.exports.treeOptionNames = Object.keys(addon.fields.tree);
