// SPDX-License-Identifier: BSD-2-Clause
// Compiled, not run: each line with a comment has to be refused.
import { Tree, search } from 'psearch';

search('a', '.', { maxMatchs: 1 }); // wrong
search('a', '.', { ignoreCase: 1 }); // wrong
search('a', '.', { syntax: 'ruby' }); // wrong
search('a', {}); // wrong
search(/a/, '.'); // wrong
new Tree({ trust: 'never' }); // wrong
search('a', '.', { tree: 'src' }); // wrong
for (const item of search('a', '.')) console.log(item); // wrong
for await (const item of search('a', '.')) item.line = 1; // wrong
