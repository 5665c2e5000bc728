// Package errs has the one error type of the house. An error has two faces: what a person is
// told (a kind and a message key, translated at the door) and what the operator reads in the
// log (the wrapped cause and a hint on what to do). Packages return errors; only the doors
// (web, api, cmd) turn them into pages, problem documents or exit codes, and log them once.
package errs

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of failure it is; the doors map it to a status or an exit code.
type Kind uint8

const (
	Internal        Kind = iota // a fault of ours; the cause is logged, never shown
	Invalid                     // the input breaks a rule; Fields says where
	NotFound                    // there is no such thing; never (nil, nil)
	Conflict                    // it changed meanwhile, or exists already
	Forbidden                   // known, and not allowed
	Unauthenticated             // not known
	Gone                        // was here and was erased
	TooLarge                    // over a stated limit
	Unavailable                 // try again later
)

var kindNames = [...]string{"internal", "invalid", "not_found", "conflict", "forbidden", "unauthenticated", "gone", "too_large", "unavailable"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Field is one thing wrong with one field of an input: what was found, what is expected.
type Field struct {
	Field   string // the name as in the public contract: "objectives", "announced_on"
	Value   string // what was found; empty where the value is private
	Message string // what is expected, one English sentence without a final stop
}

func (f Field) String() string {
	if f.Value == "" {
		return f.Field + ": " + f.Message
	}
	return fmt.Sprintf("%s: %q: %s", f.Field, f.Value, f.Message)
}

// Error is the one error type. Key names a message of the catalogue for the person ("" = the
// general message of the kind); Hint tells the operator what to do; Err is the cause.
type Error struct {
	Kind   Kind
	Key    string
	Hint   string
	Fields []Field
	Err    error
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Err != nil {
		b.WriteString(e.Err.Error())
	} else {
		b.WriteString(e.Kind.String())
	}
	for i, f := range e.Fields {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(f.String())
	}
	if e.Hint != "" {
		b.WriteString(" (")
		b.WriteString(e.Hint)
		b.WriteString(")")
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind; format and args describe it as fmt.Errorf does (%w wraps).
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Err: fmt.Errorf(format, args...)}
}

// WithHint adds what the operator can do about it.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// WithKey names the message of the catalogue that a person sees.
func (e *Error) WithKey(key string) *Error {
	e.Key = key
	return e
}

// InvalidFields makes an Invalid error of the given findings, or nil where there are none.
func InvalidFields(fields ...Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Err: errors.New("invalid input"), Fields: fields}
}

// KindOf is the kind of the first *Error in the chain; Internal for any other error.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// FieldsOf collects the findings of the first *Error in the chain.
func FieldsOf(err error) []Field {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Fields
	}
	return nil
}

// Wrap adds context to *err at the boundary of a package, keeping its kind:
//
//	defer errs.Wrap(&err, "pledge.Publish(%s)", id)
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}
