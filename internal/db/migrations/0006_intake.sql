-- Pledges before they are public: drafts, reviews, invitations, threads. Private, and no part of
-- the fold: the register holds nothing of it, a backup does. Times of 0 are "not yet".

-- A call asks for pledges until its closing minute. doc holds title and text by language.
CREATE TABLE calls (
	id       {{text}} NOT NULL PRIMARY KEY,
	opens    {{int}}  NOT NULL,
	closes   {{int}}  NOT NULL,
	zone     {{text}} NOT NULL,
	occasion {{text}} NOT NULL,
	doc      {{text}} NOT NULL
){{strict}};

-- One row a pledge, from the first draft on. doc is what its owner works on, sent what the
-- secretariat has been given: nothing of doc is shown to it that is not in sent. lead_kind and
-- language repeat parts of sent, or of doc where nothing was sent, for the filters of the queue.
-- version rises with every change and is what If-Match is held against; editor is the lock that
-- is shown and blocks nothing.
CREATE TABLE submissions (
	ref             {{text}} NOT NULL PRIMARY KEY,
	state           {{text}} NOT NULL,
	version         {{int}}  NOT NULL,
	lead            {{text}} NOT NULL,
	lead_kind       {{text}} NOT NULL,
	language        {{text}} NOT NULL,
	call            {{text}} NOT NULL,
	late            {{int}}  NOT NULL,
	awaited         {{int}}  NOT NULL,
	published       {{text}} NOT NULL,
	assigned        {{text}} NOT NULL,
	author          {{text}} NOT NULL,
	created         {{int}}  NOT NULL,
	changed         {{int}}  NOT NULL,
	submitted       {{int}}  NOT NULL,
	first_submitted {{int}}  NOT NULL,
	responded       {{int}}  NOT NULL,
	publish_at      {{int}}  NOT NULL,
	doc             {{text}} NOT NULL,
	doc_version     {{int}}  NOT NULL,
	doc_at          {{int}}  NOT NULL,
	doc_by          {{text}} NOT NULL,
	sent            {{text}} NOT NULL,
	sent_version    {{int}}  NOT NULL,
	more            {{text}} NOT NULL,
	editor          {{text}} NOT NULL,
	editing_since   {{int}}  NOT NULL,
	editing_until   {{int}}  NOT NULL
){{strict}};

CREATE INDEX submissions_state ON submissions (state, submitted, ref);
CREATE INDEX submissions_lead ON submissions (lead, changed);
CREATE UNIQUE INDEX submissions_published ON submissions (published) WHERE published <> '';

-- Every text that was replaced by a later one. sent says that the secretariat had been given it.
CREATE TABLE submission_texts (
	ref     {{text}} NOT NULL,
	version {{int}}  NOT NULL,
	at      {{int}}  NOT NULL,
	by      {{text}} NOT NULL,
	sent    {{int}}  NOT NULL,
	doc     {{text}} NOT NULL,
	PRIMARY KEY (ref, version)
){{strict}};

-- What was done, when and by whom: the trail of a submission, and the source of every figure.
CREATE TABLE submission_events (
	ref        {{text}} NOT NULL,
	version    {{int}}  NOT NULL,
	at         {{int}}  NOT NULL,
	by         {{text}} NOT NULL,
	action     {{text}} NOT NULL,
	from_state {{text}} NOT NULL,
	to_state   {{text}} NOT NULL,
	note       {{text}} NOT NULL,
	PRIMARY KEY (ref, version)
){{strict}};

CREATE INDEX submission_events_at ON submission_events (at);

-- What somebody sent under a key, so that the same again has the same result.
CREATE TABLE submission_keys (
	key     {{text}} NOT NULL PRIMARY KEY,
	digest  {{text}} NOT NULL,
	ref     {{text}} NOT NULL,
	version {{int}}  NOT NULL,
	at      {{int}}  NOT NULL
){{strict}};

-- The other parties of a joint pledge, and what each has answered.
CREATE TABLE submission_invitations (
	ref         {{text}} NOT NULL,
	party       {{text}} NOT NULL,
	position    {{int}}  NOT NULL,
	state       {{text}} NOT NULL,
	asked_at    {{int}}  NOT NULL,
	answered_at {{int}}  NOT NULL,
	answered_by {{text}} NOT NULL,
	note        {{text}} NOT NULL,
	PRIMARY KEY (ref, party)
){{strict}};

CREATE INDEX submission_invitations_party ON submission_invitations (party, state);

-- What a reviewer would change, for the party to approve word by word.
CREATE TABLE submission_proposals (
	ref         {{text}} NOT NULL,
	number      {{int}}  NOT NULL,
	state       {{text}} NOT NULL,
	base        {{int}}  NOT NULL,
	at          {{int}}  NOT NULL,
	by          {{text}} NOT NULL,
	note        {{text}} NOT NULL,
	answered_at {{int}}  NOT NULL,
	answered_by {{text}} NOT NULL,
	answer      {{text}} NOT NULL,
	doc         {{text}} NOT NULL,
	PRIMARY KEY (ref, number)
){{strict}};

-- The thread with the submitter; side is who wrote, inner notes are for the desk alone.
CREATE TABLE submission_messages (
	ref      {{text}} NOT NULL,
	number   {{int}}  NOT NULL,
	at       {{int}}  NOT NULL,
	by       {{text}} NOT NULL,
	side     {{text}} NOT NULL,
	kind     {{text}} NOT NULL,
	language {{text}} NOT NULL,
	reasons  {{text}} NOT NULL,
	body     {{text}} NOT NULL,
	PRIMARY KEY (ref, number)
){{strict}};

-- What the desk knows of a party: whether it is on hold, its clearance, the steps that its drafts
-- pass, and who it is as long as the register does not know it.
CREATE TABLE intake_parties (
	party         {{text}} NOT NULL PRIMARY KEY,
	held          {{int}}  NOT NULL,
	held_note     {{text}} NOT NULL,
	held_by       {{text}} NOT NULL,
	basis         {{text}} NOT NULL,
	cleared_until {{text}} NOT NULL,
	cleared_by    {{text}} NOT NULL,
	steps         {{text}} NOT NULL,
	doc           {{text}} NOT NULL
){{strict}};

-- Help that a party seeks for a published pledge.
CREATE TABLE needs (
	id        {{text}} NOT NULL PRIMARY KEY,
	pledge    {{text}} NOT NULL,
	party     {{text}} NOT NULL,
	nature    {{text}} NOT NULL,
	language  {{text}} NOT NULL,
	body      {{text}} NOT NULL,
	stated    {{int}}  NOT NULL,
	stated_by {{text}} NOT NULL,
	closed    {{int}}  NOT NULL
){{strict}};

CREATE INDEX needs_pledge ON needs (pledge);

-- An offer, a pledge that answers another one; the party of that one confirms it before the
-- offer is published.
CREATE TABLE offers (
	ref         {{text}} NOT NULL PRIMARY KEY,
	pledge      {{text}} NOT NULL,
	offered     {{int}}  NOT NULL,
	offered_by  {{text}} NOT NULL,
	state       {{text}} NOT NULL,
	answered    {{int}}  NOT NULL,
	answered_by {{text}} NOT NULL
){{strict}};

CREATE INDEX offers_pledge ON offers (pledge);
