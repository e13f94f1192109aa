// SPDX-License-Identifier: BSD-2-Clause
// psearch.h describes each option, flag and field; here they have its names, in camel case.
/// <reference types="node" />

export type Text = string | NodeJS.ArrayBufferView | ArrayBuffer;
/** A path may also be a Buffer, since its bytes need not be valid UTF-8, or a file: URL. */
export type Path = Text | URL;

/**
 * A path, an open descriptor, or one of these. `data` is borrowed until the search is closed: do not change, resize or
 * transfer it.
 */
export type Source =
	Path | number | { path: Path; name?: Path } | { descriptor: number; name?: Path } | { data: Text; name?: Path };

export interface Glob {
	text: Path;
	group?: number;
	exclude?: boolean;
	noCase?: boolean;
	braces?: boolean;
	basename?: boolean;
	displayPath?: boolean;
	filesOnly?: boolean;
	dirsOnly?: boolean;
	unhide?: boolean;
	override?: boolean;
}

export type Syntax = 'oniguruma' | 'perl' | 'python' | 'basic' | 'extended';
export type Priority = 'normal' | 'interactive' | 'background';
type Integer = number | bigint;
type OneOrMany<T> = T | Iterable<T>;

/** What a line is, and when it matches. */
export interface MatchFlags {
	ignoreCase?: boolean;
	invert?: boolean;
	word?: boolean;
	line?: boolean;
	fixed?: boolean;
	crlf?: boolean;
	nulLines?: boolean;
	text?: boolean;
	skipBinary?: boolean;
	decompress?: boolean;
	multiline?: boolean;
	dotNewline?: boolean;
}

/** What a walk searches and what it skips. */
export interface WalkFlags {
	skipHidden?: boolean;
	follow?: boolean;
	oneFileSystem?: boolean;
	ignoreVcs?: boolean;
	ignoreFiles?: boolean;
	ignoreBelow?: boolean;
	ignoreAnywhere?: boolean;
	noNestedRepositories?: boolean;
	tracked?: boolean;
}

/** What is delivered, and how. */
export interface ResultFlags {
	fileInfo?: boolean;
	unordered?: boolean;
	count?: boolean;
	fileEnds?: boolean;
	noSpans?: boolean;
	noLineNumbers?: boolean;
	list?: boolean;
	socket?: boolean;
	groups?: boolean;
	allLines?: boolean;
}

export interface SearchOptions extends MatchFlags, WalkFlags, ResultFlags {
	syntax?: Syntax;
	encoding?: string;
	globs?: OneOrMany<Path | Glob>;
	maxDepth?: Integer;
	maxFileSize?: Integer;
	/** walk.ignore_files: further ignore files. (`ignoreFiles` is the flag: obey those in the tree.) */
	extraIgnoreFiles?: OneOrMany<Path>;
	gitConfigs?: OneOrMany<Path>;
	gitExcludes?: Path;
	home?: Path;
	/** Texts that are not saved, by their paths; null: the file is removed. Borrowed, as a source's data is. */
	overlays?: Record<string, Text | null> | Iterable<readonly [Path, Text | null]>;
	/** Whose threads search. Without it: the pool of all searches of this thread. null: threads of its own. */
	pool?: Pool | null;
	priority?: Priority;
	/** What earlier searches have learnt: only files that can match are opened. */
	tree?: Tree;
	workers?: Integer;
	maxOpenFiles?: Integer;
	maxQueuedMatches?: Integer;
	maxQueuedBytes?: Integer;
	maxItemBytes?: Integer;
	maxLineBytes?: Integer;
	maxLineMs?: Integer;
	maxMultilineBytes?: Integer;
	maxMatches?: Integer;
	maxMatchesPerFile?: Integer;
	timeoutMs?: Integer;
	beforeContext?: Integer;
	afterContext?: Integer;
	splitBytes?: Integer;
	outputFd?: number;
	/** Cursors of an earlier search with the same options. */
	resume?: string;
	until?: string;
	/**
	 * Sources after `sources`, asked for while the search runs. If it throws, so does the search, with that as cause. A
	 * search that ends before closes its iterator, as for...of does.
	 */
	moreSources?: Iterable<Source>;
	/** Ends the search: the iterator throws an AbortError. */
	signal?: AbortSignal;
	/** Items that are taken together, at most. Default 256. */
	most?: number;
}

export interface Span {
	/** Bytes from the line's start: see Item.column(). */
	begin: number;
	end: number;
	/** Which of the patterns. */
	pattern: number;
	/** With `groups`: groups 1, 2, ...; null: it took no part. */
	groups?: ({ begin: number; end: number } | null)[];
}

export type ItemKind = 'match' | 'context' | 'binary' | 'error' | 'fileEnd' | 'file';
export type ItemFlag = 'window' | 'noEol' | 'crlf' | 'note' | 'matchesEol' | 'changed';
export type Reason =
	| 'none'
	| 'open'
	| 'read'
	| 'list'
	| 'outputFile'
	| 'lineTooLong'
	| 'gaveUp'
	| 'damaged'
	| 'unsupported'
	| 'memory'
	| 'encoding'
	| 'rules'
	| 'textTooLong';
export type Unit = 'bytes' | 'codePoints' | 'utf16';

/** What was found. Its fields are read when they are asked for; it stays valid, and keeps its batch in memory. */
export class Item {
	private constructor();
	/** Of a newer library it may be a number: pass over items of unknown kinds. */
	readonly kind: ItemKind | number;
	readonly flags: number;
	readonly source: number;
	readonly path: string;
	readonly line: number;
	readonly offset: number;
	/** The line, decoded: what is not valid UTF-8 becomes U+FFFD. */
	readonly text: string;
	readonly lineBytes: number;
	readonly textOffset: number;
	readonly spans: Span[];
	readonly error: number;
	readonly reason: Reason | number;
	readonly message: string;
	readonly matches: number;
	readonly bytes: number;
	readonly fileNumber: number;
	readonly fileSize: number;
	readonly inode: bigint;
	readonly device: bigint;
	readonly modified: number;
	readonly modifiedNs: number;
	/** The bytes themselves: views of the batch. */
	readonly rawPath: Buffer;
	readonly rawText: Buffer;
	/** Of each span begin, end, pattern, and the index of its first group. */
	readonly rawSpans: Uint32Array;
	/** How many units of the line precede a byte of it: search_column(). Editors count in UTF-16, the default. */
	column(byte: number, unit?: Unit): number;
	has(flag: ItemFlag): boolean;
	toJSON(): object;
}

export interface SearchStats {
	workers: number;
	filesFound: number;
	filesSearched: number;
	filesSkipped: number;
	directories: number;
	bytes: number;
	matches: number;
	errors: number;
	peakOpenFiles: number;
	peakQueuedMatches: number;
	peakQueuedBytes: number;
	replaced: number;
	filesRuledOut: number;
}

export type Outcome = 'running' | 'complete' | 'limited' | 'timedOut' | 'canceled' | 'failed';

/**
 * An open search. Iterating takes items, in order, and waits without a thread. Leaving a `for await` early closes it,
 * as does its end.
 */
export class Search implements AsyncIterableIterator<Item> {
	constructor(patterns: OneOrMany<Text>, sources: OneOrMany<Source>, options?: SearchOptions);
	[Symbol.asyncIterator](): this;
	next(): Promise<IteratorResult<Item, undefined>>;
	return(value?: undefined): Promise<IteratorResult<Item, undefined>>;
	/** The same items in arrays, as they come: faster if there are many. */
	batches(): AsyncGenerator<Item[], void, undefined>;
	/** Iterating throws a SearchError with code ECANCELED from now on. */
	cancel(): void;
	/** Ends it at once; what has to be waited for, another thread waits for. */
	close(): void;
	readonly closed: boolean;
	/** null if the search never began, since its signal was aborted. */
	stats(): SearchStats | null;
	outcome(): Outcome | number;
	/** Where it stands, for `resume` or `until`. It throws amid items that were taken together: see `most`. */
	cursor(): string;
	/** A pattern that can never match, and why. */
	never(): { pattern: number; reason: 'lineEnd' | 'place' | 'character' | number } | null;
	/** With `groups`: the name of each group of a pattern, or null. */
	groupNames(pattern?: number): (string | null)[];
}

/** Opens a search. Throws a SearchError if it cannot; for a wrong option a TypeError or RangeError with its `field`. */
export function search(patterns: OneOrMany<Text>, sources: OneOrMany<Source>, options?: SearchOptions): Search;

/** How a search with these options would look for its patterns, and why. */
export function explain(patterns: OneOrMany<Text>, options?: SearchOptions): string;

export interface PoolOptions {
	workers?: Integer;
	maxOpenFiles?: Integer;
	maxQueuedBytes?: Integer;
	maxMemory?: Integer;
}

export interface PoolStats {
	workers: number;
	searches: number;
	openFiles: number;
	peakOpenFiles: number;
	queuedBytes: number;
	peakQueuedBytes: number;
	memory: number;
	peakMemory: number;
}

/** Threads, descriptors and memory that searches share. It may be closed while they are open: they go on. */
export class Pool {
	constructor(options?: PoolOptions);
	stats(): PoolStats;
	close(): void;
}

export type TreeTrust = 'stamps' | 'directories' | 'told' | 'watched';

export interface TreeOptions {
	maxBytes?: Integer;
	/** How a search finds out whether what was learnt still holds. 'stamps' is exact, and the default. */
	trust?: TreeTrust;
	learnPercent?: Integer;
	maxWatches?: Integer;
}

export interface TreeStats {
	bytes: number;
	peakBytes: number;
	directories: number;
	files: number;
	signatures: number;
	signatureBytes: number;
	textBytes: number;
	dropped: number;
	refused: number;
	ruledOut: number;
	learnt: number;
	watches: number;
	unwatched: number;
	overflows: number;
	changes: number;
}

/**
 * What searches learn of files, kept for later ones, which find the same and open only files that can match. It may be
 * closed while they are open: they go on.
 */
export class Tree {
	constructor(options?: TreeOptions);
	/** With 'told', before the search that is to notice it: a file or directory was changed; without a path, anything. */
	changed(path?: Path): void;
	/**
	 * Reads files that searches have listed, for at most so long, in another thread: when there is nothing else to do.
	 * False: there is no more to learn. Rejected with code ECANCELED after cancel() and close().
	 */
	learn(milliseconds: number): Promise<boolean>;
	/** Ends all calls of learn(). */
	cancel(): void;
	/** Writes what the tree has to a file, whole or not at all. */
	save(path: Path): Promise<void>;
	/** Adds what such a file has. Rejected: it is damaged, or another's, and the tree is as it was. */
	load(path: Path): Promise<void>;
	stats(): TreeStats;
	close(): void;
}

export type Status =
	'EINVAL' | 'EVERSION' | 'ENOMEM' | 'EPATTERN' | 'ECANCELED' | 'ETIMEDOUT' | 'ESYSTEM' | 'ESOURCE';
export type Subject =
	'none' | 'pattern' | 'source' | 'glob' | 'ignoreFile' | 'gitConfig' | 'encoding' | 'cursor' | 'overlay';

/** A search did not open, or ended early. */
export class SearchError extends Error {
	readonly code: Status | number;
	readonly status: number;
	readonly subject: Subject | number;
	/** The option at fault, if it is one. */
	readonly field?: string;
	/** Which element of it. */
	readonly index?: number;
	/** Where in a pattern, in bytes. */
	readonly offset?: number;
	readonly errno?: number;
}

export class AbortError extends Error {
	readonly code: 'ABORT_ERR';
}

export function build(): { version: string; formats: string; simd: string; oniguruma: string };

/** The header's enums, by its names in camel case. */
export const enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
/** For `maxDepth`: sources that are directories are skipped. */
export const NO_WALK: number;
/** For `workers`; the library refuses it here, since no search may work on the thread of the loop. */
export const NO_WORKERS: number;
/** For `learnPercent`: searches learn nothing, only Tree.learn() does. */
export const NO_LEARNING: number;
export const optionNames: readonly string[];
export const poolOptionNames: readonly string[];
export const treeOptionNames: readonly string[];
