-- Accounts, what they may do, how they sign in. Private, and no part of the fold. Secrets (links,
-- cookies, tokens) are kept as SHA-256 only; passwords as argon2id. Times are microseconds UTC,
-- 0 where it has not happened; days are YYYY-MM-DD, '' where open.

-- closed: when the account was closed. unreachable: when letters to its address began to come
-- back. erased: when the person's data went; the row stays, so that ids elsewhere keep a meaning.
CREATE TABLE access_person (
	id          {{text}} NOT NULL PRIMARY KEY,
	name        {{text}} NOT NULL,
	language    {{text}} NOT NULL,
	time_zone   {{text}} NOT NULL,
	created     {{int}}  NOT NULL,
	closed      {{int}}  NOT NULL,
	unreachable {{int}}  NOT NULL,
	erased      {{int}}  NOT NULL
){{strict}};

-- One address for each person, folded to lower case; none once erased.
CREATE TABLE access_address (
	address {{text}} NOT NULL PRIMARY KEY,
	person  {{text}} NOT NULL UNIQUE
){{strict}};

-- source: '' given by a person, 'oidc' follows the claims of the provider.
CREATE TABLE access_grant (
	id         {{text}} NOT NULL PRIMARY KEY,
	person     {{text}} NOT NULL,
	role       {{text}} NOT NULL,
	party      {{text}} NOT NULL,
	language   {{text}} NOT NULL,
	deputy     {{int}}  NOT NULL,
	transmits  {{int}}  NOT NULL,
	from_day   {{text}} NOT NULL,
	until_day  {{text}} NOT NULL,
	source     {{text}} NOT NULL,
	given_by   {{text}} NOT NULL,
	created    {{int}}  NOT NULL
){{strict}};
CREATE INDEX access_grant_person ON access_grant (person);
CREATE INDEX access_grant_party ON access_grant (party);

-- A link to sign in with. One for an unknown address has no person and cannot be redeemed: asking
-- costs the same whether the address is known.
CREATE TABLE access_link (
	hash    {{text}} NOT NULL PRIMARY KEY,
	person  {{text}} NOT NULL,
	kind    {{text}} NOT NULL,
	created {{int}}  NOT NULL,
	expires {{int}}  NOT NULL,
	used    {{int}}  NOT NULL
){{strict}};
CREATE INDEX access_link_person ON access_link (person);
CREATE INDEX access_link_expires ON access_link (expires);

-- An address that somebody typed to be sent a link. It waits for the job that answers, which
-- removes it.
CREATE TABLE access_asked (
	id      {{text}} NOT NULL PRIMARY KEY,
	address {{text}} NOT NULL,
	created {{int}}  NOT NULL
){{strict}};

-- expires is the absolute end; the idle one follows from seen.
CREATE TABLE access_session (
	hash    {{text}} NOT NULL PRIMARY KEY,
	id      {{text}} NOT NULL UNIQUE,
	person  {{text}} NOT NULL,
	method  {{text}} NOT NULL,
	device  {{text}} NOT NULL,
	created {{int}}  NOT NULL,
	seen    {{int}}  NOT NULL,
	expires {{int}}  NOT NULL,
	ended   {{int}}  NOT NULL
){{strict}};
CREATE INDEX access_session_person ON access_session (person);
CREATE INDEX access_session_expires ON access_session (expires);

-- credential is the public key with its flags and counter, as JSON.
CREATE TABLE access_passkey (
	id         {{text}} NOT NULL PRIMARY KEY,
	person     {{text}} NOT NULL,
	name       {{text}} NOT NULL,
	credential {{text}} NOT NULL,
	created    {{int}}  NOT NULL,
	used       {{int}}  NOT NULL
){{strict}};
CREATE INDEX access_passkey_person ON access_passkey (person);

-- What the server remembers between the two steps of a passkey or of a sign-in elsewhere.
CREATE TABLE access_ceremony (
	hash    {{text}} NOT NULL PRIMARY KEY,
	person  {{text}} NOT NULL,
	kind    {{text}} NOT NULL,
	state   {{text}} NOT NULL,
	expires {{int}}  NOT NULL
){{strict}};
CREATE INDEX access_ceremony_expires ON access_ceremony (expires);

-- Who a provider's subject is here.
CREATE TABLE access_identity (
	issuer  {{text}} NOT NULL,
	subject {{text}} NOT NULL,
	person  {{text}} NOT NULL,
	created {{int}}  NOT NULL,
	PRIMARY KEY (issuer, subject)
){{strict}};
CREATE INDEX access_identity_person ON access_identity (person);

CREATE TABLE access_password (
	person  {{text}} NOT NULL PRIMARY KEY,
	hash    {{text}} NOT NULL,
	changed {{int}}  NOT NULL
){{strict}};

-- scopes are separated by spaces; hint is the end of the token, by which its owner knows it again.
CREATE TABLE access_token (
	hash    {{text}} NOT NULL PRIMARY KEY,
	id      {{text}} NOT NULL UNIQUE,
	person  {{text}} NOT NULL,
	name    {{text}} NOT NULL,
	scopes  {{text}} NOT NULL,
	hint    {{text}} NOT NULL,
	created {{int}}  NOT NULL,
	expires {{int}}  NOT NULL,
	used    {{int}}  NOT NULL,
	ended   {{int}}  NOT NULL
){{strict}};
CREATE INDEX access_token_person ON access_token (person);

-- Sensitive reads and administrative acts. person is who did it; subject what it was done to, as
-- "person:…", "pledge:…", "party:…"; never a name, an address or a word of a text.
CREATE TABLE access_audit (
	id      {{text}} NOT NULL PRIMARY KEY,
	at      {{int}}  NOT NULL,
	person  {{text}} NOT NULL,
	action  {{text}} NOT NULL,
	subject {{text}} NOT NULL
){{strict}};
CREATE INDEX access_audit_at ON access_audit (at);
CREATE INDEX access_audit_person ON access_audit (person);
CREATE INDEX access_audit_subject ON access_audit (subject);
