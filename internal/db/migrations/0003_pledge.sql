-- The latest version of every pledge, report and translation: a fold of the register, made
-- again by applying its entries in order. doc is the canonical payload; it is empty where that
-- version was erased from the register. digest is the SHA-256 of the content without its status
-- and notice, so that an import sees at once what has not changed.
CREATE TABLE pledges (
	id              {{text}} NOT NULL PRIMARY KEY,
	version         {{int}}  NOT NULL,
	status          {{text}} NOT NULL,
	position        {{int}}  NOT NULL,
	effective       {{text}} NOT NULL,
	first_effective {{text}} NOT NULL,
	digest          {{text}} NOT NULL,
	doc             {{text}} NOT NULL
){{strict}};

CREATE TABLE reports (
	pledge    {{text}} NOT NULL,
	number    {{int}}  NOT NULL,
	version   {{int}}  NOT NULL,
	position  {{int}}  NOT NULL,
	effective {{text}} NOT NULL,
	digest    {{text}} NOT NULL,
	doc       {{text}} NOT NULL,
	PRIMARY KEY (pledge, number)
){{strict}};

CREATE TABLE translations (
	pledge    {{text}} NOT NULL,
	language  {{text}} NOT NULL,
	version   {{int}}  NOT NULL,
	position  {{int}}  NOT NULL,
	effective {{text}} NOT NULL,
	doc       {{text}} NOT NULL,
	PRIMARY KEY (pledge, language)
){{strict}};

-- The highest serial that was ever given, by the code of the compact. Whoever writes pledges
-- holds this row, and takes the register's head after it.
CREATE TABLE pledge_serial (
	code {{text}} NOT NULL PRIMARY KEY,
	last {{int}}  NOT NULL
){{strict}};

-- Under which key a foreign file knows a pledge. Private, and no part of the fold: the register
-- does not hold it, a backup does.
CREATE TABLE pledge_keys (
	key {{text}} NOT NULL PRIMARY KEY,
	id  {{text}} NOT NULL
){{strict}};
