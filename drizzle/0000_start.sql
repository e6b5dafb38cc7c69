CREATE TABLE `artifacts` (
	`job_id` text NOT NULL,
	`name` text NOT NULL,
	`media_type` text NOT NULL,
	`size` integer NOT NULL,
	`sha256` text NOT NULL,
	`path` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`job_id`, `name`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `events` (
	`job_id` text NOT NULL,
	`seq` integer NOT NULL,
	`at` integer NOT NULL,
	`type` text NOT NULL,
	`data` text NOT NULL,
	PRIMARY KEY(`job_id`, `seq`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`operation` text NOT NULL,
	`title` text NOT NULL,
	`input` text NOT NULL,
	`options` text NOT NULL,
	`variant` text DEFAULT '' NOT NULL,
	`parent_id` text,
	`retry_of` text,
	`status` text NOT NULL,
	`priority` integer DEFAULT 0 NOT NULL,
	`epoch` integer DEFAULT 0 NOT NULL,
	`lease_until` integer,
	`runner` text,
	`seq` integer DEFAULT 0 NOT NULL,
	`phase` text,
	`fraction` real,
	`basis` text,
	`provider` text,
	`model` text,
	`provider_state` text DEFAULT 'none' NOT NULL,
	`response_id` text,
	`cursor` integer,
	`usage` text,
	`cost` text,
	`forecast` text,
	`error_code` text,
	`error_message` text,
	`receipt` text,
	`cancel_requested_at` integer,
	`cancel_reason` text,
	`finish_requested_at` integer,
	`idempotency_key` text,
	`request_hash` text NOT NULL,
	`snapshot` text,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`ended_at` integer,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_idempotency` ON `jobs` (`owner`,`idempotency_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_response` ON `jobs` (`provider`,`response_id`);--> statement-breakpoint
CREATE INDEX `jobs_status` ON `jobs` (`status`,`priority`,`created_at`);--> statement-breakpoint
CREATE INDEX `jobs_owner` ON `jobs` (`owner`,`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `meta` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `timings` (
	`job_id` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`operation` text NOT NULL,
	`model` text NOT NULL,
	`variant` text NOT NULL,
	`outcome` text NOT NULL,
	`reason` text,
	`total_ms` integer NOT NULL,
	`phases` text NOT NULL,
	`cost_usd` real,
	`low` integer,
	`high` integer,
	`held` integer,
	`ended_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `timings_kind` ON `timings` (`operation`,`model`,`variant`,`ended_at`);