package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// A token lets a program act for a person within scopes: "stk_", 52 characters of randomness and
// 7 of a checksum, so that scanners of leaked secrets find it and do not mistake other words
// for one: stk_[a-z2-7]{59}.
const (
	TokenPrefix   = "stk_"
	tokenRandom   = 52
	tokenChecksum = 7
	longestToken  = 366 * 24 * time.Hour // of validity
)

// Scope limits what a token can do to some actions, the one that it is for first; the person's own
// rights limit it further.
type Scope struct {
	Name string
	Does []Action
}

// Scopes lists what a token can be limited to.
var Scopes = []Scope{
	{"pledges:read-own", []Action{ReadDraft, ReadPledge, ReadFile, ReadThread, ReadReport, ReadAdvice, ReadTranslation}},
	{"pledges:write", []Action{CreatePledge, WritePledge, AttachFile, AbandonPledge, WriteThread, AnswerInvitation, InviteParty}},
	{"pledges:submit", []Action{SubmitPledge, SubmitRevision, TakeBackRevision, WithdrawPledge, SupersedePledge, ApproveProposal, RefuseProposal, ConfirmPledge}},
	{"reports:write", []Action{WriteReport, ReadReport, ConfirmReport}},
	{"review:read", []Action{EnterDesk, ReadPledge, ReadFile, ReadThread, ReadFigures, ReadReport, ReadSchedule}},
	{"review:write", []Action{EnterPledge, AssignPledge, ReturnPledge, SetAsidePledge, TakeUpPledge, SchedulePledge, UnschedulePledge, PublishPledge,
		ReturnRevision, PublishRevision, WriteThread, WriteNotes, RequestReport, ScreenReport}},
}

// Usable reports whether a token of the person with this scope could do what the scope is for.
func (s Scope) Usable(p Person, day string) bool { return Could(p, s.Does[0], day) }

// InScope reports whether one of the scopes covers the action.
func InScope(scopes []string, a Action) bool {
	return slices.ContainsFunc(Scopes, func(s Scope) bool {
		return slices.Contains(scopes, s.Name) && slices.Contains(s.Does, a)
	})
}

// CheckScoped is Check for somebody who came with a token: the scopes must cover the action too.
func CheckScoped(p Person, scopes []string, a Action, s Subject, day string) error {
	if err := Check(p, a, s, day); err != nil {
		return err
	}
	if !InScope(scopes, a) {
		return errs.New(errs.Forbidden, "the token has no scope for %s", a).WithKey("access.no_scope")
	}
	return nil
}

// Token is what its owner sees of one; the secret itself is shown once.
type Token struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Scopes  []string  `json:"scopes"`
	Hint    string    `json:"hint"` // its last characters
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Used    time.Time `json:"used"` // last, to the minute; zero: never
}

// checksum ends a token, as RFC 4648 base 32 of the CRC-32 of what comes before.
func checksum(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	return idText.EncodeToString([]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

// ValidToken reports whether the text has the form of a token; nothing else is looked up.
func ValidToken(text string) bool {
	body, ok := strings.CutPrefix(text, TokenPrefix)
	if !ok || len(body) != tokenRandom+tokenChecksum {
		return false
	}
	raw, err := idText.DecodeString(body[:tokenRandom])
	return err == nil && idText.EncodeToString(raw) == body[:tokenRandom] && checksum(TokenPrefix+body[:tokenRandom]) == body[tokenRandom:]
}

// MakeToken makes a token for oneself; the secret is returned once and cannot be had again.
func (b *Book) MakeToken(ctx context.Context, by Person, name string, scopes []string, until time.Time) (t Token, secret string, err error) {
	if err := Check(by, MakeToken, Subject{Person: by.ID}, b.Today()); err != nil {
		return Token{}, "", err
	}
	now := b.now()
	t = Token{Name: strings.TrimSpace(name), Scopes: slices.Compact(slices.Sorted(slices.Values(scopes))), Created: now, Expires: until.UTC().Truncate(time.Microsecond)}
	if err := errs.InvalidFields(t.check(now)...); err != nil {
		return Token{}, "", err
	}
	raw := make([]byte, secretBytes)
	if _, err := io.ReadFull(b.o.Rand, raw); err != nil {
		return Token{}, "", fmt.Errorf("access: no randomness: %w", err)
	}
	secret = TokenPrefix + idText.EncodeToString(raw)
	secret += checksum(secret)
	t.Hint = secret[len(secret)-4:]
	if t.ID, err = b.newID("tok"); err != nil {
		return Token{}, "", err
	}
	err = b.o.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO access_token (hash, id, person, name, scopes, hint, created, expires, used, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)`,
			hashOf(secret), t.ID, by.ID, t.Name, strings.Join(t.Scopes, " "), t.Hint, micro(t.Created), micro(t.Expires))
		if err != nil {
			return fmt.Errorf("access: make a token of %s: %w", by.ID, err)
		}
		if err := b.record(ctx, tx, by.ID, MakeToken, "token:"+t.ID); err != nil {
			return err
		}
		return b.post(ctx, tx, by, letterSecurity, map[string]string{"Link": b.accountLink(by)})
	})
	if err != nil {
		return Token{}, "", err
	}
	return t, secret, nil
}

func (t Token) check(now time.Time) (found []errs.Field) {
	if t.Name == "" || utf8.RuneCountInString(t.Name) > longestName || !utf8.ValidString(t.Name) || strings.ContainsFunc(t.Name, unicode.IsControl) {
		found = append(found, errs.Field{Field: "name", Message: "must be one line, so that you know it again"})
	}
	if len(t.Scopes) == 0 {
		found = append(found, errs.Field{Field: "scopes", Message: "at least one is needed"})
	}
	for _, s := range t.Scopes {
		if !slices.ContainsFunc(Scopes, func(k Scope) bool { return k.Name == s }) {
			found = append(found, errs.Field{Field: "scopes", Value: s, Message: "is no scope"})
		}
	}
	if !t.Expires.After(now) || t.Expires.After(now.Add(longestToken)) {
		found = append(found, errs.Field{Field: "expires", Message: "must be within the next 12 months"})
	}
	return found
}

// Token finds whose token it is and what it is limited to. What its owner may do with a second
// factor only, it can do where it was made with one. Its use is written down at most once
// a minute.
func (b *Book) Token(ctx context.Context, bearer string) (p Person, scopes []string, err error) {
	if !ValidToken(bearer) {
		return Person{}, nil, spent("access.token_unknown")
	}
	hash, now := hashOf(bearer), b.now()
	var id string
	var created, used int64
	err = b.o.DB.Read(ctx, func(tx *db.Tx) error {
		var person, names string
		err := tx.QueryRow(ctx, `SELECT id, person, scopes, created, used FROM access_token WHERE hash = $1 AND ended = 0 AND expires > $2`, hash, micro(now)).Scan(&id, &person, &names, &created, &used)
		if errors.Is(err, sql.ErrNoRows) {
			return spent("access.token_unknown")
		}
		if err != nil {
			return fmt.Errorf("access: find a token: %w", err)
		}
		scopes = strings.Fields(names)
		if p, err = b.PersonByID(ctx, tx, person); err != nil {
			return err
		}
		if p.Closed {
			return spent("access.token_unknown")
		}
		return b.holdBackOld(ctx, tx, &p, fromMicro(created))
	})
	if err != nil {
		return Person{}, nil, err
	}
	if now.Sub(fromMicro(used)) < touchEvery {
		return p, scopes, nil
	}
	err = b.o.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE access_token SET used = $2 WHERE hash = $1 AND used < $2`, hash, micro(now))
		return err
	})
	if err != nil {
		return Person{}, nil, fmt.Errorf("access: touch token %s: %w", id, err)
	}
	return p, scopes, nil
}

// Tokens lists the tokens of a person that can still be used, the newest first.
func (b *Book) Tokens(ctx context.Context, by Person, person string) (all []Token, err error) {
	if err := Check(by, ReadTokens, Subject{Person: person}, b.Today()); err != nil {
		return nil, err
	}
	err = b.o.DB.Read(ctx, func(tx *db.Tx) (err error) {
		all, err = b.tokens(ctx, tx, person)
		return err
	})
	return all, err
}

func (b *Book) tokens(ctx context.Context, tx *db.Tx, person string) (all []Token, err error) {
	rows, err := tx.Query(ctx, `SELECT id, name, scopes, hint, created, expires, used FROM access_token WHERE person = $1 AND ended = 0 AND expires > $2 ORDER BY created DESC, id`,
		person, micro(b.now()))
	if err != nil {
		return nil, fmt.Errorf("access: tokens of %s: %w", person, err)
	}
	defer rows.Close()
	for rows.Next() {
		var t Token
		var names string
		var created, expires, used int64
		if err := rows.Scan(&t.ID, &t.Name, &names, &t.Hint, &created, &expires, &used); err != nil {
			return nil, fmt.Errorf("access: tokens of %s: %w", person, err)
		}
		t.Scopes, t.Created, t.Expires, t.Used = strings.Fields(names), fromMicro(created), fromMicro(expires), fromMicro(used)
		all = append(all, t)
	}
	return all, rows.Err()
}

// EndToken makes a token useless from now on.
func (b *Book) EndToken(ctx context.Context, by Person, person, token string) error {
	if err := Check(by, EndToken, Subject{Person: person}, b.Today()); err != nil {
		return err
	}
	return b.o.DB.Write(ctx, func(tx *db.Tx) error {
		res, err := tx.Exec(ctx, `UPDATE access_token SET ended = $3 WHERE id = $1 AND person = $2 AND ended = 0`, token, person, micro(b.now()))
		if err != nil {
			return fmt.Errorf("access: end token %s: %w", token, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(errs.New(errs.NotFound, "no token %s", token), err)
		}
		return b.record(ctx, tx, by.ID, EndToken, "token:"+token)
	})
}
