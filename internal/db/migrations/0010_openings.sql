-- Who has something open that others change, too: shown to them, and blocking nothing. kind is
-- reading, of which a person has one at a time, or writing; what is the reference of a submission,
-- or a pledge and a language. Written at the first sign of it and renewed once a minute at most; a
-- row is good for a few minutes, until the moment in until. Private.
CREATE TABLE access_opening (
	kind   {{text}} NOT NULL,
	what   {{text}} NOT NULL,
	person {{text}} NOT NULL,
	since  {{int}}  NOT NULL,
	until  {{int}}  NOT NULL,
	PRIMARY KEY (kind, what, person)
){{strict}};

CREATE INDEX access_opening_person ON access_opening (person);
