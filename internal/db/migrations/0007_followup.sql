-- Asking for reports, answers that wait, translations in work. Private.

-- A request for a report on a pledge: what the calendar calls it, the days that it was made on and
-- is due on, and which letter went out last (step, sent). known is how many reports there were.
-- state is open, answered, or passed where a later request took its place.
CREATE TABLE followup_requests (
	pledge  {{text}} NOT NULL,
	request {{text}} NOT NULL,
	asked   {{text}} NOT NULL,
	due     {{text}} NOT NULL,
	known   {{int}}  NOT NULL,
	state   {{text}} NOT NULL,
	step    {{text}} NOT NULL,
	sent    {{text}} NOT NULL,
	PRIMARY KEY (pledge, request)
){{strict}};

CREATE INDEX followup_requests_state ON followup_requests (state, due);

-- The links in the letters; only the hash of each is kept. kind is report, or confirm for a
-- report that waits. used is 0 until the link has been used; outcome is then the report that came
-- of it, or empty where the reader said to be the wrong person.
CREATE TABLE followup_links (
	hash    {{text}} NOT NULL PRIMARY KEY,
	kind    {{text}} NOT NULL,
	pledge  {{text}} NOT NULL,
	request {{text}} NOT NULL,
	party   {{text}} NOT NULL,
	person  {{text}} NOT NULL,
	report  {{text}} NOT NULL,
	expires {{int}}  NOT NULL,
	used    {{int}}  NOT NULL,
	outcome {{text}} NOT NULL
){{strict}};

-- Reports from the first saved draft on: draft, waiting (for a second contact or for the 48 hours
-- to pass), published, or stopped. None is ever deleted. entry is the position in the register,
-- -1 before.
CREATE TABLE followup_reports (
	id         {{text}} NOT NULL PRIMARY KEY,
	pledge     {{text}} NOT NULL,
	request    {{text}} NOT NULL,
	party      {{text}} NOT NULL,
	person     {{text}} NOT NULL,
	state      {{text}} NOT NULL,
	version    {{int}}  NOT NULL,
	created    {{int}}  NOT NULL,
	changed    {{int}}  NOT NULL,
	publish_at {{int}}  NOT NULL,
	second     {{text}} NOT NULL,
	reason     {{text}} NOT NULL,
	number     {{int}}  NOT NULL,
	entry      {{int}}  NOT NULL,
	doc        {{text}} NOT NULL
){{strict}};

CREATE INDEX followup_reports_pledge ON followup_reports (pledge);
CREATE INDEX followup_reports_state ON followup_reports (state, publish_at);

-- Contacts who said that a request should not have come to them. For the desk alone.
CREATE TABLE followup_strays (
	id         {{text}} NOT NULL PRIMARY KEY,
	pledge     {{text}} NOT NULL,
	party      {{text}} NOT NULL,
	person     {{text}} NOT NULL,
	note       {{text}} NOT NULL,
	told       {{int}}  NOT NULL,
	settled    {{int}}  NOT NULL,
	settled_by {{text}} NOT NULL
){{strict}};

CREATE INDEX followup_strays_party ON followup_strays (party, person);

-- A translation in work: who holds it, of which version of the pledge it is, and its text as last
-- saved. version is what If-Match is held against. state is draft, offered (to the desk) or
-- published.
CREATE TABLE translate_work (
	pledge   {{text}} NOT NULL,
	language {{text}} NOT NULL,
	version  {{int}}  NOT NULL,
	state    {{text}} NOT NULL,
	base     {{int}}  NOT NULL,
	holder   {{text}} NOT NULL,
	since    {{int}}  NOT NULL,
	wanted   {{int}}  NOT NULL,
	approved {{text}} NOT NULL,
	author   {{text}} NOT NULL,
	changed  {{int}}  NOT NULL,
	doc      {{text}} NOT NULL,
	PRIMARY KEY (pledge, language)
){{strict}};

-- Every text of a translation that was ever saved.
CREATE TABLE translate_texts (
	pledge   {{text}} NOT NULL,
	language {{text}} NOT NULL,
	version  {{int}}  NOT NULL,
	saved    {{int}}  NOT NULL,
	person   {{text}} NOT NULL,
	doc      {{text}} NOT NULL,
	PRIMARY KEY (pledge, language, version)
){{strict}};
