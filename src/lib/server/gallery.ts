import { and, desc, eq, exists, isNotNull, like, type SQL } from 'drizzle-orm';
import type { ImageState, Picture } from '../operations/image/model.ts';
import type { Db } from './db/open.ts';
import { artifacts, jobs } from './db/schema.ts';
import { olderThan, pageOf } from './page-cursor.ts';

/** One past picture, with the job that made it. */
export interface GalleryPicture extends Pick<Picture, 'name' | 'url' | 'width' | 'height' | 'number'> {
	jobId: string;
	/** What was asked for. */
	prompt: string;
	/** When it was finished, ms since 1970. */
	at: number;
}

/** Jobs on a page; one of them may have made ten pictures. */
const PAGE = 24;

/** The pictures that an owner's jobs have made. */
export class Gallery {
	readonly #db: Db;

	constructor(db: Db) {
		this.#db = db;
	}

	/** Pictures of ended jobs, newest job first; `before` is the `next` of the page before, null at the end. */
	async page(owner: string, before?: string): Promise<{ pictures: GalleryPicture[]; next: string | null }> {
		const { id, createdAt, input, snapshot } = jobs;
		const rows = this.#db
			.select({ id, createdAt, input, snapshot })
			.from(jobs)
			.where(
				and(
					eq(jobs.owner, owner),
					eq(jobs.operation, 'image'),
					isNotNull(snapshot),
					this.#hasPicture(),
					before === undefined ? undefined : olderThan(before)
				)
			)
			.orderBy(desc(createdAt), desc(id))
			.limit(PAGE + 1)
			.all();
		const { rows: listed, next } = pageOf(rows, PAGE);
		return { pictures: listed.flatMap(picturesOf), next };
	}

	/** Most jobs that failed made none, and would leave pages half empty. */
	#hasPicture(): SQL {
		const ofJob = and(eq(artifacts.jobId, jobs.id), like(artifacts.mediaType, 'image/%'));
		return exists(this.#db.select({ name: artifacts.name }).from(artifacts).where(ofJob));
	}
}

function picturesOf(row: Pick<typeof jobs.$inferSelect, 'id' | 'input' | 'snapshot'>): GalleryPicture[] {
	const { prompt } = row.input as { prompt: string };
	const { images } = row.snapshot?.state as ImageState;
	return images.map(({ name, url, width, height, number, at }) => ({
		...{ jobId: row.id, prompt, at },
		...{ name, url, width, height, number }
	}));
}
