export type { SystemInfo } from '../server/app.ts';
