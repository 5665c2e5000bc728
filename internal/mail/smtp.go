package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"stocktake/internal/errs"
)

const smtpTimeout = 30 * time.Second

// server reads where letters go out:
//
//	smtp://user@mail.example.org:587   STARTTLS, always; without a port 587
//	smtps://user@mail.example.org      TLS from the first byte; without a port 465
//	smtp://127.0.0.1:25                plain, on this machine only and without a user
//
// The password is not part of it, since addresses of servers are seen in lists of processes.
func server(address, password string, config *tls.Config) (*gomail.Client, error) {
	refuse := func(format string, args ...any) error {
		return errs.New(errs.Invalid, "--smtp: "+format, args...).WithHint("smtp://user@mail.example.org:587 is one; the password stands in STOCKTAKE_SMTP_PASSWORD or the file of --smtp-password-file")
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, refuse("that is no address of a mail server")
	}
	if _, set := u.User.Password(); set {
		return nil, refuse("a password does not belong in the address")
	}
	user, local := u.User.Username(), loopback(u.Hostname())
	port := 587
	options := []gomail.Option{gomail.WithTimeout(smtpTimeout), gomail.WithoutNoop()}
	switch {
	case u.Scheme == "smtps":
		port = 465
		options = append(options, gomail.WithSSL())
	case u.Scheme != "smtp":
		return nil, refuse("%q is no way to send", u.Scheme)
	case local && user == "" && config == nil:
		port = 25
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, refuse("%q is no port", u.Port())
		}
	}
	if user == "" && password != "" {
		return nil, refuse("there is a password, and no user in the address")
	}
	if user != "" {
		if password == "" {
			return nil, refuse("the password of %s is missing", user)
		}
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(user), gomail.WithPassword(password))
	}
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config = config.Clone()
	config.ServerName = u.Hostname()
	options = append(options, gomail.WithPort(port), gomail.WithTLSConfig(config))
	c, err := gomail.NewClient(u.Hostname(), options...)
	if err != nil {
		return nil, refuse("%w", err)
	}
	return c, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// message is a letter as it goes over the wire. Its Message-ID is made of the letter's id: a
// letter that is sent twice is the same message twice, and one that comes back names its letter.
func (o *Office) message(e Entry) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(o.from)
	if err := m.AddToFormat(e.Name, e.Address); err != nil {
		return nil, fmt.Errorf("mail: address: %w", err)
	}
	m.Subject(e.Subject)
	m.SetMessageIDWithValue(o.messageID(e.ID))
	m.SetDateWithValue(e.Created)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("Content-Language", string(e.Language))
	if e.Off != "" {
		m.SetListUnsubscribe("<" + e.Off + ">")
		if strings.HasPrefix(e.Off, "https://") {
			m.SetListUnsubscribePost()
		}
	}
	m.SetBodyString(gomail.TypeTextPlain, e.Body)
	m.AddAlternativeString(gomail.TypeTextHTML, e.HTML)
	return m, nil
}

func (o *Office) messageID(letter string) string { return letter + "@" + o.domain() }

func (o *Office) domain() string {
	return o.from.Address[strings.LastIndexByte(o.from.Address, '@')+1:]
}

// verdict is what became of an attempt to send.
type verdict int

const (
	taken        verdict = iota
	tryAgain             // the server or the way to it: not the letter's fault
	badRecipient         // the address is refused for good
	badLetter            // the server refuses what it says
)

// offer hands a letter to the mail server.
func (o *Office) offer(ctx context.Context, e Entry) (verdict, error) {
	m, err := o.message(e)
	if err != nil {
		return badRecipient, err
	}
	err = o.server.send(ctx, m)
	if err == nil || m.IsDelivered() { // a connection that breaks after the server said yes
		return taken, nil
	}
	return classify(err), err
}

// classify tells the failures of SMTP (RFC 5321, 4.2.1) apart. A refusal for good (5xx) speaks of
// the recipient only in answer to RCPT, and of the letter only after its text; one of greeting,
// signing in or sender is for the operator to mend, and the letter waits.
func classify(err error) verdict {
	refused, ok := errors.AsType[*gomail.SendError](err)
	if !ok || refused.IsTemp() || refused.ErrorCode() < 500 {
		return tryAgain
	}
	// 5.7.x at the recipient is a policy against us (RFC 3463, 3.8): no fault of the address.
	policy := strings.HasPrefix(refused.EnhancedStatusCode(), "5.7.")
	switch refused.Reason {
	case gomail.ErrSMTPRcptTo:
		if policy {
			return tryAgain
		}
		return badRecipient
	case gomail.ErrSMTPData, gomail.ErrSMTPDataClose, gomail.ErrWriteContent:
		return badLetter
	}
	return tryAgain
}

// status is the server's answer, as a number and class only: its words may hold the address.
func status(err error) string {
	if refused, ok := errors.AsType[*gomail.SendError](err); ok && refused.ErrorCode() > 0 {
		return strings.TrimSpace(fmt.Sprintf("%d %s", refused.ErrorCode(), refused.EnhancedStatusCode()))
	}
	return ""
}
