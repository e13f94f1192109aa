// SPDX-License-Identifier: BSD-2-Clause
// Compiled, not run: what a program in TypeScript may write.
import { AbortError, Item, Pool, Search, SearchError, Tree, build, enums, explain, search } from 'psearch';
import type { Glob, SearchOptions, Source, Span } from 'psearch';

const globs: Glob[] = [{ text: '*.c' }, { text: 'test/', exclude: true, group: 1 }];
const options: SearchOptions = {
	ignoreCase: true,
	globs,
	maxMatches: 10n,
	syntax: 'perl',
	pool: null,
	overlays: { 'a.c': 'text', 'b.c': null },
	signal: AbortSignal.timeout(1000),
};
const sources: Source[] = ['src', 0, { data: Buffer.from('x'), name: 'x' }, new URL('file:///tmp')];

export async function sample(): Promise<number> {
	const pool = new Pool({ workers: 2 });
	const found: Search = search(['a', Buffer.from('b')], sources, { ...options, pool, priority: 'interactive' });
	let columns = 0;
	try {
		for await (const item of found) {
			const text: string = item.text,
				raw: Buffer = item.rawText,
				inode: bigint = item.inode;
			if (item.kind === 'match')
				columns += item.spans.reduce(
					(sum: number, { begin }: Span) => sum + item.column(begin),
					text.length + raw.length
				);
			columns += Number(inode);
		}
		const tree = new Tree({ trust: 'told', maxBytes: 1 << 22 });
		while (await tree.learn(10)) tree.changed('src');
		await tree.save('kept');
		columns += search('a', '.', { tree }).stats()?.filesRuledOut ?? 0;
		for await (const items of search('a', '.').batches())
			columns += items.filter((item: Item) => item.has('noEol')).length;
	} catch (error) {
		if (error instanceof SearchError && error.field === 'patterns') return error.offset ?? -1;
		if (!(error instanceof AbortError)) throw error;
	}
	return (
		columns + (found.stats()?.matches ?? 0) + explain('a').length + build().version.length + enums.itemKind.match
	);
}
