import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root folder, wherever it was cloned. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A path under the project's root. */
export const at = (...parts) => join(root, ...parts);
