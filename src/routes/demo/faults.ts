/** A fault as the panel offers it: its name at the demo's control endpoint, and what it does to whom. */
export interface OfferedFault {
	name: string;
	does: string;
}

/** The faults by what they hit, in the order of the panel. */
export const faults: { title: string; faults: OfferedFault[] }[] = [
	{
		title: 'Starting a run',
		faults: [
			{ name: 'rate_limit', does: 'Answers 429, asking to wait a second' },
			{ name: 'quota', does: 'Answers 429: the quota is used up' },
			{ name: 'server_error', does: 'Answers 500' },
			{ name: 'overloaded', does: 'Answers 503' },
			{ name: 'bad_gateway', does: 'Answers 502 with a page of HTML' },
			{ name: 'auth', does: 'Does not accept the key' },
			{ name: 'no_model', does: 'Does not have the model' },
			{ name: 'slow_headers', does: 'Waits before it answers' },
			{ name: 'lost_create', does: 'Starts the run, then loses the answer' }
		]
	},
	{
		title: 'While it streams',
		faults: [
			{ name: 'cut', does: 'Breaks the connection in mid-stream' },
			{ name: 'eof', does: 'Ends the stream early, politely' },
			{ name: 'stall', does: 'Falls silent, with the connection open' },
			{ name: 'malformed', does: 'Sends a frame that is no JSON' },
			{ name: 'split_utf8', does: 'Cuts characters between packets' },
			{ name: 'duplicate', does: 'Sends an event twice' },
			{ name: 'unknown_event', does: 'Sends an event that nobody knows' },
			{ name: 'json_instead', does: 'Answers a stream with plain JSON' },
			{ name: 'too_old', does: 'Refuses to go on with a stream' }
		]
	},
	{
		title: 'How it ends',
		faults: [
			{ name: 'failed', does: 'Fails half-way' },
			{ name: 'incomplete', does: 'Stops at its length limit' },
			{ name: 'refusal', does: 'Declines to answer' },
			{ name: 'nested_error', does: 'Sends an error event (nested form)' },
			{ name: 'flat_error', does: 'Sends an error event (flat form)' },
			{ name: 'bad_plan', does: 'Plans a tool that does not exist (chat)' },
			{ name: 'stuck_queued', does: 'Never begins' },
			{ name: 'usage_null', does: 'Does not say what it cost' },
			{ name: 'cancel_error', does: 'Fails when asked to cancel' }
		]
	},
	{
		title: 'Pictures',
		faults: [
			{ name: 'moderation', does: 'Refuses to draw it' },
			{ name: 'moderation_midstream', does: 'Refuses after the first preview' },
			{ name: 'fewer_partials', does: 'Sends fewer previews than asked' },
			{ name: 'final_only', does: 'Sends no preview, only the picture' }
		]
	}
];
