import * as docx from 'docx';
import { directionOf, linkOf, type Block, type Direction, type DocumentTree, type Run } from './tree.ts';

const FONT = { ascii: 'Calibri', hAnsi: 'Calibri', cs: 'Arial', eastAsia: 'Microsoft YaHei' };
const ORDERED = 'ordered';
const HEADINGS = ['Heading1', 'Heading2', 'Heading3', 'Heading4', 'Heading5', 'Heading6'] as const;
/** Distance of one level of a list, in twentieths of a point. */
const INDENT = 400;

/** A document as a Word file: styles, a table of contents that Word fills in, numbered pages, references. */
export async function asDocx(tree: DocumentTree): Promise<Uint8Array> {
	const writer = new Writer();
	const content = [...writer.front(tree), ...writer.blocks(tree.blocks), ...writer.references(tree)];
	const file = new docx.Document({
		title: tree.title,
		creator: 'Headway',
		features: { updateFields: true },
		styles: stylesFor(tree.lang),
		numbering: { config: writer.numbering },
		sections: [{ footers: { default: footer() }, children: content }]
	});
	return new Uint8Array(await docx.Packer.toBuffer(file));
}

function stylesFor(lang: string): docx.IStylesOptions {
	const language = lang === '' ? {} : { language: { value: lang, eastAsia: lang, bidirectional: lang } };
	const heading = (size: number) => ({
		run: { size, bold: true, color: '1D2429', font: FONT },
		paragraph: { spacing: { before: 320, after: 120 }, keepNext: true }
	});
	return {
		default: {
			document: { run: { font: FONT, size: 22, ...language }, paragraph: { spacing: { after: 140, line: 290 } } },
			title: { run: { size: 44, bold: true, color: '1D2429', font: FONT }, paragraph: { spacing: { after: 280 } } },
			heading1: heading(32),
			heading2: heading(27),
			heading3: heading(24),
			heading4: heading(22),
			heading5: heading(22),
			heading6: heading(22)
		}
	};
}

function footer(): docx.Footer {
	const numbers = [docx.PageNumber.CURRENT, ' / ', docx.PageNumber.TOTAL_PAGES];
	const run = new docx.TextRun({ children: numbers, size: 18 });
	return new docx.Footer({ children: [new docx.Paragraph({ alignment: docx.AlignmentType.CENTER, children: [run] })] });
}

class Writer {
	/** Each ordered list counts by itself, so each has a numbering of its own. */
	readonly numbering: { reference: string; levels: docx.ILevelsOptions[] }[] = [];

	front({ title, words }: DocumentTree): docx.FileChild[] {
		const name = new docx.Paragraph({
			style: 'Title',
			bidirectional: directionOf(title) === 'rtl',
			children: this.#runs([{ text: title }], directionOf(title))
		});
		const contents = new docx.TableOfContents(words.contents, { hyperlink: true, headingStyleRange: '1-2' });
		return [name, new docx.Paragraph({ children: [new docx.TextRun({ text: words.contents, bold: true })] }), contents];
	}

	blocks(blocks: readonly Block[], indent = 0): docx.FileChild[] {
		return blocks.flatMap((block) => this.#block(block, indent));
	}

	references({ sources, words }: DocumentTree): docx.FileChild[] {
		if (sources.length === 0) return [];
		const entries = sources.map(({ id, url, title }) => {
			const mark = new docx.Bookmark({ id: `source-${id}`, children: [new docx.TextRun(`[${id}] `)] });
			const href = linkOf(url);
			const runs: Run[] = [{ text: title }, ...(title === url ? [] : [{ text: `  ${url}` }])];
			const linked = runs.map((run) => (href && run.text.includes(url) ? { ...run, href } : run));
			return new docx.Paragraph({ children: [mark, ...this.#runs(linked, directionOf(title))] });
		});
		return [new docx.Paragraph({ heading: 'Heading1', children: [new docx.TextRun(words.sources)] }), ...entries];
	}

	#block(block: Block, indent: number): docx.FileChild[] {
		switch (block.type) {
			case 'heading':
				return [this.#paragraph(block.runs, block.dir, { heading: HEADINGS[block.depth - 1] ?? 'Heading6' })];
			case 'paragraph':
				return [this.#paragraph(block.runs, block.dir, { indent: { start: indent } })];
			case 'list':
				return this.#list(block, indent);
			case 'table':
				return [this.#table(block), new docx.Paragraph({ spacing: { after: 60 }, children: [] })];
			case 'quote':
				return this.blocks(block.blocks, indent + INDENT);
			case 'code':
				return block.text.split('\n').map((line) => codeLine(line, indent));
			case 'rule':
				return [new docx.Paragraph({ thematicBreak: true, children: [] })];
		}
	}

	#paragraph(runs: readonly Run[], dir: Direction, options: docx.IParagraphOptions): docx.Paragraph {
		return new docx.Paragraph({ ...options, bidirectional: dir === 'rtl', children: this.#runs(runs, dir) });
	}

	#list(list: Extract<Block, { type: 'list' }>, indent: number): docx.FileChild[] {
		const level = Math.min(8, Math.round(indent / INDENT));
		const reference = `${list.ordered ? ORDERED : 'bullets'}-${this.numbering.length}`;
		this.numbering.push({ reference, levels: [levelOf(list, level)] });
		return list.items.flatMap(([first, ...rest]) => {
			const runs = first?.type === 'paragraph' ? first.runs : [];
			const dir = first?.type === 'paragraph' ? first.dir : 'ltr';
			const marked = this.#paragraph(runs, dir, { numbering: { reference, level }, spacing: { after: 60 } });
			const others = first && first.type !== 'paragraph' ? [first, ...rest] : rest;
			return [marked, ...this.blocks(others, indent + INDENT)];
		});
	}

	#table({ align, header, rows, dir }: Extract<Block, { type: 'table' }>): docx.Table {
		const cell = (runs: readonly Run[], at: number, bold: boolean) =>
			new docx.TableCell({
				margins: { top: 60, bottom: 60, left: 90, right: 90 },
				children: [
					this.#paragraph(bold ? runs.map((run) => ({ ...run, bold: true as const })) : runs, dir, {
						alignment: align[at] ?? 'start',
						spacing: { after: 0 }
					})
				]
			});
		const row = (cells: readonly Run[][], isHeader: boolean) =>
			new docx.TableRow({
				// Readers take the mere presence of the mark for a header.
				...(isHeader ? { tableHeader: true } : {}),
				cantSplit: true,
				children: cells.map((runs, at) => cell(runs, at, isHeader))
			});
		return new docx.Table({
			visuallyRightToLeft: dir === 'rtl',
			width: { size: 100, type: docx.WidthType.PERCENTAGE },
			rows: [row(header, true), ...rows.map((cells) => row(cells, false))]
		});
	}

	#runs(runs: readonly Run[], dir: Direction): docx.ParagraphChild[] {
		return runs.map((run) => runOf(run, directionOf(run.text, dir) === 'rtl'));
	}
}

function levelOf({ ordered, start }: Extract<Block, { type: 'list' }>, level: number): docx.ILevelsOptions {
	return {
		level,
		start,
		format: ordered ? docx.LevelFormat.DECIMAL : docx.LevelFormat.BULLET,
		text: ordered ? `%${level + 1}.` : '•',
		style: { paragraph: { indent: { start: INDENT * (level + 1), hanging: INDENT * 0.7 } } }
	};
}

function runOf({ text, bold, italic, strike, code, href, cite }: Run, rightToLeft: boolean): docx.ParagraphChild {
	if (text === '\n') return new docx.TextRun({ break: 1 });
	const look = {
		text,
		rightToLeft,
		...{ bold: bold ?? false, italics: italic ?? false, strike: strike ?? false },
		...(code ? { font: 'Consolas', shading: { fill: 'EEF1F2' } } : {})
	};
	const linked = { ...look, color: '17606E', underline: {} };
	if (cite) {
		const mark = new docx.TextRun({ ...look, color: '17606E', superScript: true });
		return new docx.InternalHyperlink({ anchor: `source-${cite}`, children: [mark] });
	}
	return href
		? new docx.ExternalHyperlink({ link: href, children: [new docx.TextRun(linked)] })
		: new docx.TextRun(look);
}

function codeLine(line: string, indent: number): docx.Paragraph {
	return new docx.Paragraph({
		indent: { start: indent },
		spacing: { after: 0 },
		shading: { fill: 'F4F6F7' },
		children: [new docx.TextRun({ text: line, font: 'Consolas', size: 20 })]
	});
}
