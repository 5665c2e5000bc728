-- The register: one append-only list of everything that was published. What each table means,
-- and why, is in docs/decisions/0001-register.md. Nothing refers to an entry by a foreign key:
-- entries are written in one place only, in batches, and stocktake verify checks them all.

-- One row; whoever appends holds it. size is the number of entries, recorded the time of the
-- newest one.
CREATE TABLE register_head (
	id       {{int}} NOT NULL PRIMARY KEY CHECK (id = 1),
	size     {{int}} NOT NULL,
	recorded {{int}} NOT NULL
){{strict}};

-- Under which origin and key checkpoints of from_size and more entries are signed. The first
-- row is written when the register is opened for the first time; a rotation of the key or a new
-- origin adds one.
CREATE TABLE register_identity (
	from_size {{int}}  NOT NULL PRIMARY KEY,
	origin    {{text}} NOT NULL,
	verifier  {{text}} NOT NULL
){{strict}};

-- header is the canonical JSON that is the leaf of the tree; the other columns repeat parts of
-- it for queries.
CREATE TABLE register_entry (
	position  {{int}}  NOT NULL PRIMARY KEY,
	subject   {{text}} NOT NULL,
	version   {{int}}  NOT NULL,
	effective {{text}} NOT NULL,
	header    {{text}} NOT NULL,
	UNIQUE (subject, version)
){{strict}};

-- Salt and payload stand apart from the header, since they alone can be withheld.
CREATE TABLE register_payload (
	position {{int}}  NOT NULL PRIMARY KEY,
	salt     {{blob}} NOT NULL,
	payload  {{text}} NOT NULL
){{strict}};

-- Which payloads were withheld, and the position of the erasure entry that says so.
CREATE TABLE register_withheld (
	position {{int}} NOT NULL PRIMARY KEY,
	erasure  {{int}} NOT NULL
){{strict}};

-- The hashes of the Merkle tree, by their stored index (golang.org/x/mod/sumdb/tlog).
CREATE TABLE register_hash (
	id   {{int}}  NOT NULL PRIMARY KEY,
	hash {{blob}} NOT NULL
){{strict}};

-- The signed checkpoint of every size that was ever committed.
CREATE TABLE register_checkpoint (
	size {{int}}  NOT NULL PRIMARY KEY,
	note {{text}} NOT NULL
){{strict}};

-- The one trigger of the house: the database itself refuses to change or remove an entry.
{{if sqlite}}
CREATE TRIGGER register_entry_update BEFORE UPDATE ON register_entry
BEGIN SELECT RAISE(ABORT, 'register entries are never changed'); END;

CREATE TRIGGER register_entry_delete BEFORE DELETE ON register_entry
BEGIN SELECT RAISE(ABORT, 'register entries are never removed'); END;

-- INSERT OR REPLACE removes the row in its way without asking the trigger above.
CREATE TRIGGER register_entry_insert BEFORE INSERT ON register_entry
WHEN NEW.position IS NOT (SELECT coalesce(max(position), -1) + 1 FROM register_entry)
	OR EXISTS (SELECT 1 FROM register_entry WHERE subject = NEW.subject AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'register entries are appended, each at the next position and version'); END;
{{end}}
{{if postgres}}
CREATE FUNCTION register_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'register entries are never changed or removed'; END $$;

CREATE TRIGGER register_entry_change BEFORE UPDATE OR DELETE OR TRUNCATE ON register_entry
FOR EACH STATEMENT EXECUTE FUNCTION register_entry_refuse();
{{end}}
