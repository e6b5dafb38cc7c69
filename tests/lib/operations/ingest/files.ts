import { crc32, deflateRawSync, deflateSync } from 'node:zlib';

/** An archive with these entries. `claims` says another unpacked size than the true one. */
export function zipOf(entries: Record<string, string | Buffer>, claims?: number): Buffer {
	const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
	let offset = 0;
	for (const [name, content] of Object.entries(entries)) {
		const bytes = Buffer.from(content);
		const packed = deflateRawSync(bytes);
		const facts = Buffer.alloc(16);
		facts.writeUInt32LE(crc32(bytes), 4);
		facts.writeUInt32LE(packed.length, 8);
		facts.writeUInt32LE(claims ?? bytes.length, 12);
		const lengths = Buffer.from([name.length, 0, 0, 0]);
		const local = Buffer.concat([Buffer.from('504b03041400000008000000', 'hex'), facts.subarray(2), lengths]);
		const head = Buffer.concat([local, Buffer.from(name)]);
		const central = Buffer.concat([
			Buffer.from('504b010214001400000008000000', 'hex'),
			...[facts.subarray(2), lengths, Buffer.alloc(14)]
		]);
		central.writeUInt32LE(offset, 42);
		directory.push(central, Buffer.from(name));
		parts.push(head, packed);
		offset += head.length + packed.length;
	}
	const listed = Buffer.concat(directory);
	const end = Buffer.alloc(22);
	end.writeUInt32LE(0x06054b50, 0);
	end.writeUInt16LE(Object.keys(entries).length, 8);
	end.writeUInt16LE(Object.keys(entries).length, 10);
	end.writeUInt32LE(listed.length, 12);
	end.writeUInt32LE(offset, 16);
	return Buffer.concat([...parts, listed, end]);
}

const paragraph = (text: string, style = '') =>
	`<w:p>${style && `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}<w:r><w:t>${text}</w:t></w:r></w:p>`;

/** A Word file of these paragraphs; those that begin with `# ` are headings. */
export function docxOf(lines: readonly string[], more: Record<string, string | Buffer> = {}): Buffer {
	const body = lines.map((line) => (line.startsWith('# ') ? paragraph(line.slice(2), 'Heading1') : paragraph(line)));
	const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
	const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument';
	const type = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml';
	return zipOf({
		'[Content_Types].xml': `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="${type}"/></Types>`,
		'_rels/.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="${office}" Target="word/document.xml"/></Relationships>`,
		'word/document.xml': `<w:document xmlns:w="${word}"><w:body>${body.join('')}</w:body></w:document>`,
		'word/styles.xml': `<w:styles xmlns:w="${word}"><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>`,
		'word/_rels/document.xml.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`,
		...more
	});
}

/** A PDF of these pages, each of lines; a line that begins with `# ` is set larger. `encrypted` wants a password. */
export function pdfOf(pages: readonly (readonly string[])[], encrypted = false): Buffer {
	const objects: string[] = [];
	const add = (body: string) => objects.push(body);
	add('<< /Type /Catalog /Pages 2 0 R >>');
	const kids = pages.map((_, index) => `${4 + index * 2} 0 R`);
	add(`<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${pages.length} >>`);
	add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>');
	for (const [index, lines] of pages.entries()) {
		const content = lines.map(lineOf).join('\n');
		const font = '/Resources << /Font << /F1 3 0 R >> >>';
		add(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] ${font} /Contents ${5 + index * 2} 0 R >>`);
		add(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
	}
	const secret = '0'.repeat(64);
	if (encrypted) add(`<< /Filter /Standard /V 1 /R 2 /O <${secret}> /U <${secret}> /P -4 >>`);
	let text = '%PDF-1.4\n';
	const places = objects.map((body, index) => {
		const at = text.length;
		text += `${index + 1} 0 obj\n${body}\nendobj\n`;
		return `${String(at).padStart(10, '0')} 00000 n \n`;
	});
	const locked = encrypted ? `/Encrypt ${objects.length} 0 R /ID [<00> <00>]` : '';
	const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${locked} >>`;
	const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`;
	return Buffer.from(`${text}${table}${trailer}\nstartxref\n${text.length}\n%%EOF\n`, 'latin1');
}

function lineOf(line: string, index: number): string {
	const isHeading = line.startsWith('# ');
	const shown = (isHeading ? line.slice(2) : line).replace(/[()\\]/g, '\\$&');
	return `BT /F1 ${isHeading ? 20 : 11} Tf 60 ${780 - index * 14} Td (${shown}) Tj ET`;
}

/** A PDF whose page unpacks to so many bytes. */
export function swellingPdf(bytes: number): Buffer {
	const packed = deflateSync(Buffer.alloc(bytes, ' '));
	const objects = [
		'<< /Type /Catalog /Pages 2 0 R >>',
		'<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
		'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>'
	].map((body, index) => `${index + 1} 0 obj\n${body}\nendobj\n`);
	const stream = `4 0 obj\n<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n`;
	const end = '\nendstream\nendobj\ntrailer\n<< /Root 1 0 R /Size 5 >>\n%%EOF\n';
	return Buffer.concat([Buffer.from(`%PDF-1.4\n${objects.join('')}${stream}`), packed, Buffer.from(end)]);
}
