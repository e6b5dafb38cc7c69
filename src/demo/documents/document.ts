import type { Library } from '../library.ts';
import type { CreateRequest } from '../request.ts';
import { WireError } from '../wire.ts';
import { labelledRequest } from './labels.ts';
import { outlineFor } from './outline.ts';
import { misfit } from './schema.ts';
import { sectionFor } from './section.ts';

/** A part of a document as the demo answers it, and what it says that it thinks meanwhile. */
export interface DocumentPart {
	thought: string;
	text: string;
}

/** The part of a document that a request asks for: an outline by its schema, a section by its label; null for any other request. */
export function documentPart(library: Library, { body }: CreateRequest, prompt: string): DocumentPart | null {
	const schema = outlineSchemaIn(body);
	const request = labelledRequest(prompt);
	if (schema) {
		const outline = outlineFor(library, request);
		const reason = misfit(outline, schema.schema);
		if (reason)
			throw new WireError(
				400,
				`Invalid schema for response_format 'outline': the demo makes another shape (${reason}).`,
				{
					param: 'text.format.schema',
					code: 'invalid_json_schema'
				}
			);
		return {
			thought: '**Planning the document** I will sort what the notes, the sources and the library say.',
			text: JSON.stringify(outline)
		};
	}
	if (!request.section) return null;
	const thought = `**Writing a section** I will look for sentences about “${request.section}” and keep their sources.`;
	return { thought, text: `${sectionFor(library, request)}\n` };
}

function outlineSchemaIn({ text }: Record<string, unknown>): { schema?: unknown } | null {
	const format = (text as { format?: { type?: unknown; name?: unknown; schema?: unknown } } | undefined)?.format;
	return format?.type === 'json_schema' && format.name === 'outline' ? format : null;
}
