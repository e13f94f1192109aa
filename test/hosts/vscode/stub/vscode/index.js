// SPDX-License-Identifier: BSD-2-Clause
// As much of VS Code's API as a text search provider meets, with the same shapes: the module `vscode` of the tests.
'use strict';

const path = require('node:path');

class Position {
	constructor(line, character) {
		if (!(Number.isInteger(line) && line >= 0 && Number.isInteger(character) && character >= 0))
			throw new Error(`illegal position ${line}:${character}`);
		Object.assign(this, { line, character });
	}
}

class Range {
	constructor(startLine, startCharacter, endLine, endCharacter) {
		this.start = new Position(startLine, startCharacter);
		this.end = new Position(endLine, endCharacter);
		if (endLine < startLine || (endLine === startLine && endCharacter < startCharacter))
			throw new Error('a range ends before it starts');
	}

	toJSON() {
		return [this.start.line, this.start.character, this.end.line, this.end.character];
	}
}

class Uri {
	constructor(scheme, file) {
		Object.assign(this, { scheme, path: file, fsPath: file });
	}
	static file(file) {
		return new Uri('file', file);
	}
	static joinPath(uri, ...parts) {
		return new Uri(uri.scheme, path.posix.join(uri.path, ...parts));
	}
	toString() {
		return `${this.scheme}://${this.path}`;
	}
}

class RelativePattern {
	constructor(baseUri, pattern) {
		Object.assign(this, { baseUri, pattern, base: baseUri.fsPath });
	}
}

class TextSearchMatch2 {
	constructor(uri, ranges, previewText) {
		Object.assign(this, { uri, ranges, previewText });
	}
}

class TextSearchContext2 {
	constructor(uri, text, lineNumber) {
		Object.assign(this, { uri, text, lineNumber });
	}
}

class CancellationTokenSource {
	#listeners = new Set();
	token = {
		isCancellationRequested: false,
		onCancellationRequested: listener => {
			this.#listeners.add(listener);
			return { dispose: () => this.#listeners.delete(listener) };
		},
	};
	get listeners() {
		return this.#listeners.size;
	}
	cancel() {
		this.token.isCancellationRequested = true;
		for (const listener of this.#listeners) listener();
	}
}

const registered = {};
const register = form => (scheme, provider) => {
	registered[form] = { scheme, provider };
	return {
		dispose: () => {
			delete registered[form];
		},
	};
};
const log = [];

module.exports = {
	Position,
	Range,
	Uri,
	RelativePattern,
	TextSearchMatch2,
	TextSearchContext2,
	CancellationTokenSource,
	workspace: {
		textDocuments: [],
		getConfiguration: () => ({ get: (name, otherwise) => otherwise }),
		registerTextSearchProvider: register('older'),
		registerTextSearchProvider2: register('newer'),
	},
	window: { createOutputChannel: () => ({ appendLine: line => log.push(line), dispose() {} }) },
	stub: { registered, log }, // what the tests look at
};
