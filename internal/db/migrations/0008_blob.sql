-- Files that belong to drafts, reports and pledges. Private, and no part of the fold: the
-- register names a published file by its salted hash, which stands here beside the salt. The
-- content lies in a folder under its hash (internal/blob).
CREATE TABLE blob_files (
	owner_kind  {{text}} NOT NULL,
	owner_id    {{text}} NOT NULL,
	hash        {{text}} NOT NULL, -- SHA-256 of the content
	name        {{text}} NOT NULL,
	type        {{text}} NOT NULL,
	bytes       {{int}}  NOT NULL,
	salt        {{blob}} NOT NULL,
	salted      {{text}} NOT NULL, -- SHA-256 of salt and content
	uploaded_by {{text}} NOT NULL, -- id of a person
	uploaded    {{int}}  NOT NULL,
	released    {{int}}  NOT NULL, -- when it became public; 0: it has not
	PRIMARY KEY (owner_kind, owner_id, salted),
	UNIQUE (owner_kind, owner_id, hash)
){{strict}};

CREATE INDEX blob_files_hash ON blob_files (hash);
