// SPDX-License-Identifier: BSD-2-Clause
/*
 * A text search provider for VS Code: one search for each folder, one after the other, in a pool of threads that all
 * its searches share. Results are reported in the library's order. The search is aborted when the token is.
 *
 * They share a warm tree, too, which learns while there is no search: later ones open only files that can match. It
 * asks the system about each file that it leaves out, as watches would be taken from those that VS Code may have.
 *
 * VS Code's API has two forms. Each search is done in the newer one; the form's functions make what it reports.
 */
'use strict';

const { Pool, Tree, search } = require('../node');
const { fromOlder, toOptions, toOverlays, toPattern } = require('./options');
const { cut, locate, resultsOf } = require('./ranges');

/** For so long it may go on to learn after a search has begun. */
const LEARN_MS = 50;

/** Of these a match may be missing. */
const LIMITS = new Set(['lineTooLong', 'gaveUp', 'textTooLong']);

/** What one call reports, until it has reported enough. */
class Report {
	constructor(form, common, progress) {
		this.form = form;
		this.progress = progress;
		this.left = common.maxResults ?? Infinity;
		this.after = common.afterContext ?? common.surroundingContext ?? 0;
		this.preview = {
			matchLines: common.previewOptions?.matchLines || 100,
			charsPerLine: common.previewOptions?.charsPerLine || 10000,
		};
		this.limitHit = false;
		this.lastLine = -Infinity; // that the last match in this file touches
		this.held = []; // context that comes before a match, until that is reported
	}

	/** A file's lines; the first item of the next file ends it. */
	begin(uri) {
		this.uri = uri;
		this.lastLine = -Infinity;
		this.held = [];
	}

	context(item) {
		const result = this.form.context(this.uri, cut(item.text, 0, this.preview.charsPerLine), item.line);
		if (item.line <= this.lastLine + this.after) this.progress.report(result);
		else this.held.push(result);
	}

	/** Returns false once there are more matches than are wanted. */
	match(item) {
		const located = locate(item);
		const more = located.matches.length > this.left;
		located.matches.length = Math.min(located.matches.length, this.left);
		this.left -= located.matches.length;
		if (located.matches.length > 0) {
			for (const context of this.held) this.progress.report(context);
			for (const { text, matches } of resultsOf(located, this.preview))
				this.progress.report(
					this.form.match(
						this.uri,
						text,
						matches.map(({ source, preview }) => ({
							source: this.form.range(source, item.line - 1),
							preview: this.form.range(preview, 0),
						}))
					)
				);
		}
		this.held = [];
		this.lastLine = item.line + located.lines.length - 1;
		this.limitHit ||= more;
		return !more;
	}
}

class PsearchProvider {
	#vscode;
	#log;
	#pool = new Pool();
	#tree = new Tree();
	#running = 0;

	/** `vscode` is the module of that name, `log` a function for what has no place in results. */
	constructor(vscode, log) {
		this.#vscode = vscode;
		this.#log = log;
	}

	dispose() {
		this.#pool.close();
		this.#tree.close();
	}

	/** A little at a time, until a search comes. */
	async #learn() {
		try {
			while (this.#running === 0 && (await this.#tree.learn(LEARN_MS)));
		} catch {
			// it was closed meanwhile, or there is no memory for more: searches go on without
		}
	}

	#range = ([[line, column], [endLine, endColumn]], first) =>
		new this.#vscode.Range(first + line, column, first + endLine, endColumn);

	/** A TextSearchProvider2. */
	newer() {
		const form = {
			range: this.#range,
			match: (uri, text, matches) =>
				new this.#vscode.TextSearchMatch2(
					uri,
					matches.map(({ source, preview }) => ({ sourceRange: source, previewRange: preview })),
					text
				),
			context: (uri, text, lineNumber) => new this.#vscode.TextSearchContext2(uri, text, lineNumber),
		};
		return {
			provideTextSearchResults: (query, options, progress, token) =>
				this.#provide(query, options, new Report(form, options, progress), token),
		};
	}

	/** A TextSearchProvider: one folder, results that are plain objects. */
	older() {
		const form = {
			range: this.#range,
			match: (uri, text, matches) => ({
				uri,
				ranges: matches.map(({ source }) => source),
				preview: { text, matches: matches.map(({ preview }) => preview) },
			}),
			context: (uri, text, lineNumber) => ({ uri, text, lineNumber }),
		};
		return {
			provideTextSearchResults: (query, options, progress, token) =>
				this.#provide(query, fromOlder(options), new Report(form, options, progress), token),
		};
	}

	async #provide(query, options, report, token) {
		const controller = new AbortController();
		if (token.isCancellationRequested) controller.abort();
		const listener = token.onCancellationRequested(() => controller.abort());
		this.#running++;
		try {
			for (const folder of options.folderOptions)
				if (!(await this.#searchFolder(query, folder, options, report, controller.signal))) break;
		} catch (error) {
			if (error.name !== 'AbortError') throw error; // VS Code shows its message
		} finally {
			listener.dispose();
			if (--this.#running === 0) this.#learn();
		}
		return { limitHit: report.limitHit };
	}

	/** Returns false if the report is complete before the search is. */
	async #searchFolder(query, folder, common, report, signal) {
		const root = folder.folder;
		let path = null;
		for await (const item of this.#open(
			toPattern(query),
			root.fsPath,
			toOptions(query, folder, common),
			report,
			signal
		)) {
			if (item.path !== path) {
				path = item.path;
				report.begin(this.#vscode.Uri.joinPath(root, path));
			}
			if (item.kind === 'match' && !report.match(item)) return false;
			if (item.kind === 'context') report.context(item);
			if (item.kind === 'error') {
				report.limitHit ||= LIMITS.has(item.reason);
				this.#log(`${path}: ${item.message}`);
			}
		}
		return true;
	}

	/** A document may be where no file can be any more: then it is left out, and the log says so. */
	#open(pattern, root, options, report, signal) {
		const overlays = toOverlays(this.#vscode.workspace.textDocuments);
		for (;;)
			try {
				return search(
					pattern,
					{ path: root, name: '' },
					{
						...options,
						overlays,
						signal,
						pool: this.#pool,
						tree: this.#tree,
						priority: 'interactive',
						...(Number.isFinite(report.left) ? { maxMatches: report.left + 1 } : {}),
					}
				); // one more tells whether there are
			} catch (error) {
				if (error.field !== 'overlays') throw error;
				this.#log(`${overlays[error.index][0]}: not searched as it is in the editor: ${error.message}`);
				overlays.splice(error.index, 1);
			}
	}
}

module.exports = { PsearchProvider };
