// SPDX-License-Identifier: BSD-2-Clause
// node first.mjs PATTERN [PATH...]: prints each line below the paths that matches, with its column in UTF-16 units.
import { search } from './index.js';

const [pattern = 'main', ...paths] = process.argv.slice(2);
const found = search(pattern, paths.length > 0 ? paths : ['.'], { skipHidden: true, skipBinary: true });
for await (const item of found) {
	if (item.kind === 'match')
		console.log(`${item.path}:${item.line}:${item.column(item.spans[0]?.begin ?? 0) + 1}:${item.text}`);
	else if (item.kind === 'error') console.error(`${item.path}: ${item.message}`);
}
