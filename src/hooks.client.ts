import type { ClientInit } from '@sveltejs/kit';
import { z } from 'zod';

/** Keeps zod from compiling its parsers with `new Function`: the content policy forbids it, and each try is reported as a breach. */
export const init: ClientInit = () => {
	z.config({ jitless: true });
};
