CREATE TABLE `files` (
	`id` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`name` text NOT NULL,
	`media_type` text NOT NULL,
	`size` integer NOT NULL,
	`sha256` text NOT NULL,
	`path` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `files_owner` ON `files` (`owner`,`created_at`);--> statement-breakpoint
CREATE TABLE `loose_blobs` (
	`path` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `preferences` (
	`owner` text NOT NULL,
	`name` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`owner`, `name`)
);
--> statement-breakpoint
ALTER TABLE `jobs` ADD `provider_step` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `bills` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `waiting_for` text;--> statement-breakpoint
CREATE INDEX `jobs_parent` ON `jobs` (`parent_id`);