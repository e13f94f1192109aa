// SPDX-License-Identifier: BSD-2-Clause
// The header's options, flags and constants are all there, by its names in camel case: in index.js and in its types.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import {
	Item,
	Pool,
	Search,
	Tree,
	enums,
	optionNames,
	poolOptionNames,
	search,
	treeOptionNames,
} from '../../../examples/node/index.js';
import { header } from './support.mjs';

const { structs, constants, enums: headerEnums } = header();
const types = readFileSync(new URL('../../../examples/node/index.d.ts', import.meta.url), 'utf8');
const camel = name => name.toLowerCase().replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const fields = struct =>
	structs[struct].map(([name]) => name).filter(name => !/^(size|reserved\d*|.*_count)$/.test(name));

// What JavaScript has in another form: lists, flags as properties of their own, and next_source as an iterable.
const renamed = { next_source: 'moreSources', ignore_files: 'extraIgnoreFiles' };
const elsewhere = new Set([
	'patterns',
	'sources',
	'walk',
	'next_source_context',
	'flags',
	'match_flags',
	'result_flags',
	'caller_flags',
]);

/** The members of an interface or class of index.d.ts. */
function members(name) {
	const found = new RegExp(`^export (interface|class) ${name}\\b[^{]*{\n((?:.*\n)*?)}`, 'm').exec(types);
	assert.ok(found, `index.d.ts has no ${name}`);
	return [...found[2].matchAll(/^\t(?:readonly )?(\w+)\??[:(]/gm)].map(([, member]) => member);
}

test('each field of the options is an option', () => {
	const declared = members('SearchOptions');
	for (const field of [...fields('search_options'), ...fields('search_walk')]) {
		if (elsewhere.has(field)) continue;
		const name = renamed[field] ?? camel(field);
		assert.ok(optionNames.includes(name), `${field} is no option`);
		assert.ok(declared.includes(name), `${field} is not in index.d.ts`);
	}
	assert.deepEqual(poolOptionNames.toSorted(), fields('search_pool_options').map(camel).toSorted());
	assert.deepEqual(members('PoolOptions').toSorted(), poolOptionNames.toSorted());
	assert.deepEqual(treeOptionNames.toSorted(), fields('search_tree_options').map(camel).toSorted());
	assert.deepEqual(members('TreeOptions').toSorted(), treeOptionNames.toSorted());
});

test('each constant is there, with its value', () => {
	for (const [headerName, names] of Object.entries(headerEnums)) {
		const name = camel(headerName.replace('search_', '').replace('_flags', '_flag'));
		assert.ok(enums[name], `${headerName} is missing`);
		const common = name === 'status' ? 'SEARCH_' : `${headerName.replace(/_(kind|flag|trust)$/, '')}_`.toUpperCase();
		const prefix = headerName === 'search_item_flag' ? 'SEARCH_ITEM_FLAG_' : common;
		const wanted = Object.fromEntries(
			names.map(constant => [
				name === 'status' ? constant.slice(prefix.length) : camel(constant.slice(prefix.length)),
				constants[constant],
			])
		);
		assert.deepEqual(enums[name], wanted, headerName);
	}
});

test('each flag is an option, in the types, too', () => {
	for (const [flags, declared] of [
		['matchFlag', 'MatchFlags'],
		['walkFlag', 'WalkFlags'],
		['resultFlag', 'ResultFlags'],
	]) {
		assert.deepEqual(members(declared), Object.keys(enums[flags]));
		for (const flag of Object.keys(enums[flags])) {
			assert.ok(optionNames.includes(flag), flag);
			assert.throws(() => search('x', '.', { [flag]: 1 }), { name: 'TypeError', field: flag });
		}
	}
	assert.deepEqual(members('Glob').slice(2), Object.keys(enums.globFlag));
	for (const [name, type] of [
		['itemFlag', 'ItemFlag'],
		['itemKind', 'ItemKind'],
		['reason', 'Reason'],
		['unit', 'Unit'],
		['syntax', 'Syntax'],
		['priority', 'Priority'],
		['outcome', 'Outcome'],
		['subject', 'Subject'],
		['treeTrust', 'TreeTrust'],
	])
		for (const value of Object.keys(enums[name]))
			assert.match(types, new RegExp(`type ${type} =[^;]*'${value}'`), `${type} lacks ${value}`);
});

test('each field of an item is a getter', () => {
	for (const field of fields('search_item').map(camel)) {
		if (['pathLength', 'length', 'groups'].includes(field))
			// of Buffers, and part of spans
			continue;
		assert.ok(Object.getOwnPropertyDescriptor(Item.prototype, field)?.get, `${field} is missing`);
		assert.ok(members('Item').includes(field), `${field} is not in index.d.ts`);
	}
});

test('the statistics have all fields', () => {
	const found = search('x', { data: 'x' });
	assert.deepEqual(Object.keys(found.stats()), fields('search_stats').map(camel));
	assert.deepEqual(members('SearchStats'), fields('search_stats').map(camel));
	found.close();
	const pool = new Pool({ workers: 1 });
	assert.deepEqual(Object.keys(pool.stats()), fields('search_pool_stats').map(camel));
	assert.deepEqual(members('PoolStats'), fields('search_pool_stats').map(camel));
	pool.close();
	const tree = new Tree();
	assert.deepEqual(Object.keys(tree.stats()), fields('search_tree_stats').map(camel));
	assert.deepEqual(members('TreeStats'), fields('search_tree_stats').map(camel));
	tree.close();
});

test('what a class can do is in its type', () => {
	for (const [type, name] of [
		[Search, 'Search'],
		[Pool, 'Pool'],
		[Tree, 'Tree'],
		[Item, 'Item'],
	])
		for (const member of Object.getOwnPropertyNames(type.prototype))
			if (member !== 'constructor')
				assert.ok(members(name).includes(member), `${name}.${member} is not in index.d.ts`);
});
