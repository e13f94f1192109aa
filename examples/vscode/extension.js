// SPDX-License-Identifier: BSD-2-Clause
// Registers the provider, in the newer form of the proposed API if this VS Code has it, else in the older one.
'use strict';

const vscode = require('vscode');
const { PsearchProvider } = require('./provider');

function activate(context) {
	const log = vscode.window.createOutputChannel('psearch');
	const scheme = vscode.workspace.getConfiguration('psearch').get('scheme', 'file');
	const provider = new PsearchProvider(vscode, message => log.appendLine(message));
	const newer = vscode.workspace.registerTextSearchProvider2 !== undefined;
	context.subscriptions.push(
		log,
		provider,
		newer
			? vscode.workspace.registerTextSearchProvider2(scheme, provider.newer())
			: vscode.workspace.registerTextSearchProvider(scheme, provider.older())
	);
}

module.exports = { activate, deactivate() {} };
