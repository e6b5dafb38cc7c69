import type { Token, Tokens } from 'marked';

/**
 * The old token where it says the same as the fresh one, else the fresh one with all of the old one's parts that do: what
 * stays the same object is not rendered again, so that one long list or table costs no more than its newest entry.
 */
export function reuse<T extends Token>(old: Token | undefined, fresh: T): T {
	if (!old || old.type !== fresh.type) return fresh;
	// The items of a list stand apart once any of them does.
	if (old.raw === fresh.raw && (old as Tokens.ListItem).loose === (fresh as Partial<Tokens.ListItem>).loose)
		return old as T;
	if (isList(old) && isList(fresh)) fresh.items = fresh.items.map((item, index) => reuse(old.items[index], item));
	else if (isTable(old) && isTable(fresh)) fresh.rows = fresh.rows.map((row, index) => reuseRow(old.rows[index], row));
	else if ('tokens' in old && 'tokens' in fresh)
		fresh.tokens = fresh.tokens?.map((part, at) => reuse(old.tokens?.[at], part));
	return fresh;
}

function reuseRow(old: Tokens.TableCell[] | undefined, fresh: Tokens.TableCell[]): Tokens.TableCell[] {
	const isSame = fresh.every(({ text, align }, at) => old?.[at]?.text === text && old[at].align === align);
	return old && isSame && old.length === fresh.length ? old : fresh;
}

const isList = (token: Token): token is Tokens.List => token.type === 'list';
const isTable = (token: Token): token is Tokens.Table => token.type === 'table';
