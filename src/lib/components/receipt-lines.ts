import type { Receipt } from '../jobs/event.ts';
import type { CancelReason } from '../jobs/job.ts';
import { describeCost, describeTokens } from './money.ts';

/** One line of a receipt: what, said how, when (ms since 1970, where it has a time), and whether it is certain. */
export interface ReceiptLine {
	what: string;
	said: string;
	at: number | null;
	sure: boolean;
}

const reasons: Record<CancelReason, string> = {
	user: 'by you',
	disconnect: 'by the caller hanging up',
	timeout: 'by the time limit',
	budget: 'by the budget of the batch',
	error: 'by an error',
	shutdown: 'by a shutdown of the server'
};

/** Why a job was cancelled, in words. */
export const reasonOf = (reason: CancelReason) => reasons[reason];

const answers: Record<Receipt['provider'], string> = {
	confirmed: 'confirmed the cancel',
	unconfirmed: 'did not confirm the cancel: it may still run there, and be billed',
	already_ended: 'had ended it already',
	not_needed: 'had nothing running'
};

/** A receipt, line by line (BY-05): asked, acknowledged, stopped, cleaned up, what it cost, what was kept. */
export function linesOf(receipt: Receipt): ReceiptLine[] {
	const { provider, cost, usage, kept, cleanedUp } = receipt;
	const tokens = describeTokens(usage);
	const money = `${describeCost(cost, false)}${tokens ? `, ${tokens}` : ''}`;
	return [
		{ what: 'Asked', said: reasonOf(receipt.reason), at: receipt.requestedAt, sure: true },
		{ what: 'Provider', said: answers[provider], at: receipt.acknowledgedAt, sure: provider !== 'unconfirmed' },
		{ what: 'Stopped', said: 'nothing runs any more here', at: receipt.stoppedAt, sure: true },
		...cleanups(cleanedUp),
		{ what: 'Cost', said: `${money}${certainty(receipt)}`, at: receipt.settledAt ?? null, sure: cost.known },
		{ what: 'Kept', said: kept.length > 0 ? kept.join(', ') : 'nothing had been made yet', at: null, sure: true }
	];
}

/** A figure that came after the end says so; one that will still be asked for does too. */
function certainty({ cost, settledAt }: Receipt): string {
	if (cost.known) return settledAt === undefined ? '' : ', told later';
	return settledAt === undefined ? ', not confirmed' : ', and no more will be known';
}

function cleanups(cleanedUp: Receipt['cleanedUp']): ReceiptLine[] {
	if (cleanedUp.length === 0) return [{ what: 'Cleaned up', said: 'nothing to clean up', at: null, sure: true }];
	return cleanedUp.map(({ what, ok }) => ({
		what: 'Cleaned up',
		said: ok ? what : `${what}: this did not succeed`,
		at: null,
		sure: ok
	}));
}
