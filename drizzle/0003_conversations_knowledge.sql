CREATE TABLE `conversations` (
	`id` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`project_id` text,
	`title` text NOT NULL,
	`named` integer DEFAULT false NOT NULL,
	`head` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE INDEX `conversations_owner` ON `conversations` (`owner`,`updated_at`);--> statement-breakpoint
CREATE INDEX `conversations_project` ON `conversations` (`project_id`);--> statement-breakpoint
CREATE TABLE `documents` (
	`id` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`project_id` text,
	`file_id` text NOT NULL,
	`job_id` text NOT NULL,
	`name` text NOT NULL,
	`title` text NOT NULL,
	`media_type` text NOT NULL,
	`language` text,
	`pages` integer,
	`passages` integer NOT NULL,
	`characters` integer NOT NULL,
	`embedding_model` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE INDEX `documents_owner` ON `documents` (`owner`,`created_at`);--> statement-breakpoint
CREATE TABLE `memories` (
	`id` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`project_id` text,
	`text` text NOT NULL,
	`job_id` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `memories_owner` ON `memories` (`owner`,`project_id`);--> statement-breakpoint
CREATE TABLE `passages` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`document_id` text NOT NULL,
	`ordinal` integer NOT NULL,
	`page` integer,
	`heading` text,
	`text` text NOT NULL,
	FOREIGN KEY (`document_id`) REFERENCES `documents`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `passages_place` ON `passages` (`document_id`,`ordinal`);--> statement-breakpoint
CREATE TABLE `projects` (
	`id` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `projects_owner` ON `projects` (`owner`,`name`);--> statement-breakpoint
CREATE TABLE `turns` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`job_id` text NOT NULL,
	`conversation_id` text NOT NULL,
	`after` text,
	`message` text NOT NULL,
	`answer` text,
	`shown` integer,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `turns_jobId_unique` ON `turns` (`job_id`);--> statement-breakpoint
CREATE INDEX `turns_conversation` ON `turns` (`conversation_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `turns_after` ON `turns` (`after`);--> statement-breakpoint
CREATE TABLE `vectors` (
	`passage_id` integer NOT NULL,
	`model` text NOT NULL,
	`vector` blob NOT NULL,
	PRIMARY KEY(`passage_id`, `model`),
	FOREIGN KEY (`passage_id`) REFERENCES `passages`(`id`) ON UPDATE no action ON DELETE cascade
);

--> statement-breakpoint
CREATE VIRTUAL TABLE `passages_fts` USING fts5(terms, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0");
--> statement-breakpoint
CREATE TRIGGER `passages_fts_delete` AFTER DELETE ON `passages` BEGIN
	DELETE FROM `passages_fts` WHERE rowid = old.id;
END;
--> statement-breakpoint
CREATE VIRTUAL TABLE `turns_fts` USING fts5(message, answer, tokenize="trigram remove_diacritics 1");
--> statement-breakpoint
CREATE TRIGGER `turns_fts_insert` AFTER INSERT ON `turns` BEGIN
	INSERT INTO `turns_fts` (rowid, message, answer) VALUES (new.id, new.message, coalesce(new.answer, ''));
END;
--> statement-breakpoint
CREATE TRIGGER `turns_fts_update` AFTER UPDATE OF `message`, `answer` ON `turns` BEGIN
	UPDATE `turns_fts` SET message = new.message, answer = coalesce(new.answer, '') WHERE rowid = new.id;
END;
--> statement-breakpoint
CREATE TRIGGER `turns_fts_delete` AFTER DELETE ON `turns` BEGIN
	DELETE FROM `turns_fts` WHERE rowid = old.id;
END;
--> statement-breakpoint
CREATE TRIGGER `turns_closed_up` AFTER DELETE ON `turns` BEGIN
	UPDATE `turns` SET `after` = old.`after` WHERE `after` = old.job_id;
	UPDATE `conversations` SET head = coalesce(old.`after`, (SELECT job_id FROM `turns` WHERE conversation_id = old.conversation_id ORDER BY id DESC LIMIT 1), head)
		WHERE id = old.conversation_id AND head = old.job_id;
	DELETE FROM `conversations` WHERE id = old.conversation_id AND NOT EXISTS (SELECT 1 FROM `turns` WHERE conversation_id = old.conversation_id);
END;
