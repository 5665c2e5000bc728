-- What others than its parties say of a pledge: the latest version of every assessment and every
-- comment. A fold of the register, as the tables of pledges are; doc is empty where that version
-- was erased.
CREATE TABLE voices (
	kind      {{text}} NOT NULL,
	pledge    {{text}} NOT NULL,
	number    {{int}}  NOT NULL,
	version   {{int}}  NOT NULL,
	position  {{int}}  NOT NULL,
	effective {{text}} NOT NULL,
	doc       {{text}} NOT NULL,
	PRIMARY KEY (kind, pledge, number)
){{strict}};

-- The same on its way there, and what never came there. Private; none is ever deleted. state is
-- draft, submitted, set_aside, declined, asked (the party in the lead is to reply), published, or
-- replied (published, and a reply came later). person wrote it or, of an assessment, entered it;
-- entry is the position in the register, -1 before.
CREATE TABLE voice_cases (
	id       {{text}} NOT NULL PRIMARY KEY,
	kind     {{text}} NOT NULL,
	pledge   {{text}} NOT NULL,
	party    {{text}} NOT NULL,
	person   {{text}} NOT NULL,
	state    {{text}} NOT NULL,
	version  {{int}}  NOT NULL,
	created  {{int}}  NOT NULL,
	changed  {{int}}  NOT NULL,
	screened {{text}} NOT NULL,
	reason   {{text}} NOT NULL,
	number   {{int}}  NOT NULL,
	entry    {{int}}  NOT NULL,
	doc      {{text}} NOT NULL
){{strict}};

CREATE INDEX voice_cases_pledge ON voice_cases (pledge);
CREATE INDEX voice_cases_state ON voice_cases (state, changed);
CREATE INDEX voice_cases_person ON voice_cases (person);
