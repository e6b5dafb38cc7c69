import { z } from 'zod';

/** The fields of an input that say where it runs, where a person chose: a model, and a configured provider by its id. */
export const whereFields = {
	model: z.string().trim().min(1).max(100).optional(),
	provider: z.string().trim().min(1).max(40).optional()
};
