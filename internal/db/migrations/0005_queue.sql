-- Jobs that wait, and the log of mails. Private.

-- One row per job. due is when somebody may take it: the moment it is wanted while it waits, the
-- end of the lease while it runs, NULL once it is finished (done, dead, cancelled). Whoever takes
-- it moves due, and only if due is still what it saw; so no lock outlives a statement. waiting_key
-- is the job's key while it waits for its first run, and NULL otherwise: the constraint holds it
-- to one waiting job a key.
CREATE TABLE queue_jobs (
	id          {{text}} NOT NULL PRIMARY KEY,
	kind        {{text}} NOT NULL,
	waiting_key {{text}},
	payload     {{text}} NOT NULL,
	state       {{text}} NOT NULL,
	due         {{int}},
	holder      {{text}} NOT NULL,
	attempts    {{int}}  NOT NULL,
	most        {{int}}  NOT NULL,
	error       {{text}} NOT NULL,
	created     {{int}}  NOT NULL,
	changed     {{int}}  NOT NULL,
	UNIQUE (kind, waiting_key)
){{strict}};

CREATE INDEX queue_jobs_due ON queue_jobs (due);
CREATE INDEX queue_jobs_changed ON queue_jobs (state, changed);

-- When each schedule is due next. Whoever moves next enqueues the job in the same transaction.
CREATE TABLE queue_schedules (
	name {{text}} NOT NULL PRIMARY KEY,
	next {{int}}  NOT NULL,
	last {{int}}  NOT NULL
){{strict}};

-- Every letter that was posted: to whom by the id of the person, and what it said, until the
-- words are erased. body and address are private in the strictest sense; a letter that carries a
-- means to sign in loses its body once it is sent.
CREATE TABLE mail_letters (
	id         {{text}} NOT NULL PRIMARY KEY,
	template   {{text}} NOT NULL,
	language   {{text}} NOT NULL,
	person     {{text}} NOT NULL,
	party      {{text}} NOT NULL,
	address    {{text}} NOT NULL,
	name       {{text}} NOT NULL,
	subject    {{text}} NOT NULL,
	body       {{text}} NOT NULL,
	html       {{text}} NOT NULL,
	off        {{text}} NOT NULL,
	state      {{text}} NOT NULL,
	error      {{text}} NOT NULL,
	created    {{int}}  NOT NULL,
	changed    {{int}}  NOT NULL,
	erased     {{int}}  NOT NULL
){{strict}};

CREATE INDEX mail_letters_created ON mail_letters (created);
CREATE INDEX mail_letters_person ON mail_letters (person);

-- The operator's own words for a letter, in one language.
CREATE TABLE mail_overrides (
	template {{text}} NOT NULL,
	language {{text}} NOT NULL,
	subject  {{text}} NOT NULL,
	body     {{text}} NOT NULL,
	person   {{text}} NOT NULL,
	changed  {{int}}  NOT NULL,
	PRIMARY KEY (template, language)
){{strict}};

-- Which kinds of letter a person may do without, and whether they chose to. token stands in the
-- letters' link.
CREATE TABLE mail_choices (
	person  {{text}} NOT NULL,
	kind    {{text}} NOT NULL,
	token   {{text}} NOT NULL UNIQUE,
	off     {{int}}  NOT NULL,
	changed {{int}}  NOT NULL,
	PRIMARY KEY (person, kind)
){{strict}};

-- Addresses that gave a letter back.
CREATE TABLE mail_bounces (
	address {{text}} NOT NULL PRIMARY KEY,
	letter  {{text}} NOT NULL,
	status  {{text}} NOT NULL,
	reason  {{text}} NOT NULL,
	times   {{int}}  NOT NULL,
	changed {{int}}  NOT NULL
){{strict}};
