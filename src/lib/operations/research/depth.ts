import { z } from 'zod';

/** How deep a research goes: it sets the number of searches and the effort. */
export const depth = z.enum(['quick', 'standard', 'deep']);
export type Depth = z.infer<typeof depth>;
