CREATE TABLE `checkpoints` (
	`job_id` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`version` text NOT NULL,
	`snapshot` text NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
