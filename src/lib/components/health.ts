import type { JobSnapshot } from '../jobs/snapshot.ts';
import { isActive } from './status.ts';

/** One layer between the person and the model: what is between which two, and how it is (BY-12). */
export interface HealthLayer {
	name: string;
	words: string;
	/** When it was last heard; by the server's clock, in ms. */
	heardAt: number | null;
	/** This is where it is stuck. */
	stuck: boolean;
}

/** How the page reaches the server. */
export interface PageLink {
	state: 'connecting' | 'live' | 'retrying' | 'offline' | 'polling' | 'failed';
	/** By the server's clock. */
	heardAt: number | null;
	/** Another tab holds the connection. */
	led: boolean;
}

const pageWords: Record<PageLink['state'], string> = {
	connecting: 'connecting',
	live: 'live',
	retrying: 'no answer, trying again',
	offline: 'you are offline',
	polling: 'asking every 3 s',
	failed: 'no answer for long'
};

/** How each layer stands, from the page outwards. `provider` is its name; null where the operation needs none. */
export function healthOf(link: PageLink, job: JobSnapshot, provider: string | null): HealthLayer[] {
	const fresh = link.state === 'live' || link.state === 'polling';
	const behind = layersBehind(job, provider);
	const known = fresh || link.state === 'connecting' ? behind : behind.map(asLastKnown);
	return [pageLayer(link, fresh), ...known];
}

function pageLayer({ state, heardAt, led }: PageLink, fresh: boolean): HealthLayer {
	const words = led && fresh ? `${pageWords[state]} through another tab` : pageWords[state];
	return { name: 'Browser ⇄ Headway', words, heardAt, stuck: !fresh && state !== 'connecting' };
}

/** What lies behind a broken link may have changed; it is not said to be stuck. */
function asLastKnown(layer: HealthLayer): HealthLayer {
	return { ...layer, words: `${layer.words} (last known)`, stuck: false };
}

function layersBehind(job: JobSnapshot, provider: string | null): HealthLayer[] {
	const inside = insideWords(job);
	if (inside) return [{ name: 'Headway', heardAt: null, ...inside }];
	if (provider === null)
		return [{ name: 'Headway', words: 'working, no provider involved', heardAt: null, stuck: false }];
	const rests = job.contact?.way === 'none' && job.contact.heardAt !== null;
	return rests ? [providerLayer(job, provider)] : [providerLayer(job, provider), wordLayer(job, provider)];
}

/** Where a job is held up within the server, or has come to rest; null when it is at work. */
function insideWords({ status, queuePosition, waitingFor }: JobSnapshot): { words: string; stuck: boolean } | null {
	if (!isActive(status)) return { words: 'this job has ended', stuck: false };
	if (status === 'queued')
		return { words: queuePosition ? `place ${queuePosition} in the queue` : 'in the queue', stuck: true };
	if (waitingFor === 'person') return { words: 'waiting for you', stuck: true };
	if (waitingFor === 'child') return { words: 'waiting for the parts of this job', stuck: false };
	return waitingFor === 'slot' ? { words: 'waiting for a free place to go on', stuck: true } : null;
}

function providerLayer({ contact, estimate }: JobSnapshot, provider: string): HealthLayer {
	const name = `Headway ⇄ ${provider}`;
	if (!contact) return { name, words: 'not asked yet', heardAt: null, stuck: false };
	const { way, heardAt } = contact;
	const words = { ...wayWords, ...(heardAt === null ? unheardWords : {}) }[way];
	const silent = way === 'stream' && estimate.quiet;
	return { name, words: silent ? `${words}, but silent` : words, heardAt, stuck: silent || hindered.has(way) };
}

const hindered = new Set<NonNullable<JobSnapshot['contact']>['way']>(['retrying', 'refused', 'paused']);
const wayWords = {
	stream: 'streaming',
	poll: 'asking from time to time',
	retrying: 'connection lost, trying again',
	refused: 'turned away, trying again',
	paused: 'held back after failures',
	none: 'nothing to ask at the moment'
};
const unheardWords = {
	stream: 'asked, no answer yet',
	poll: 'asked, no answer yet',
	retrying: 'no connection, trying again',
	none: 'waiting for the answer'
};

/** The provider's own word. */
function wordLayer({ contact }: JobSnapshot, provider: string): HealthLayer {
	const state = contact?.state ?? null;
	const words = state === 'in_progress' ? 'in progress' : (state ?? 'nothing yet');
	return { name: `${provider} says`, words, heardAt: null, stuck: state === 'queued' };
}
