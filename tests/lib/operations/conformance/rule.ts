import type { Subject } from './subject.ts';

/** One thing that every operation has to keep to. */
export interface Rule {
	/** The rows of the requirements that it proves, and the rule as the end of a sentence that begins with the operation. */
	rows: string;
	says: string;
	/** What it is tried with, one test for each; without it there is one test. */
	each?(subject: Subject): readonly string[];
	/** Whether it is asked of this operation at all. Default: yes. */
	asked?(subject: Subject): boolean;
	/** Fails with what is wrong. */
	check(subject: Subject, of: string): Promise<void>;
}
