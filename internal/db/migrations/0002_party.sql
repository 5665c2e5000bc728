-- The latest version of every party: a fold of the register's entries of kind party, made again
-- by applying them in order. doc is the canonical payload; it is empty, like kind, parent and
-- country, where that version was erased from the register.
CREATE TABLE parties (
	code      {{text}} NOT NULL PRIMARY KEY,
	version   {{int}}  NOT NULL,
	kind      {{text}} NOT NULL,
	parent    {{text}} NOT NULL,
	country   {{text}} NOT NULL,
	position  {{int}}  NOT NULL,
	effective {{text}} NOT NULL,
	doc       {{text}} NOT NULL
){{strict}};

CREATE INDEX parties_parent ON parties (parent);
