package browser

import (
	"github.com/chromedp/cdproto/webauthn"
)

// Authenticator gives the tab one that keeps passkeys and says yes to whatever it is asked: the
// finger of a patient reader on the sensor of a phone.
func (t *Tab) Authenticator() {
	t.tb.Helper()
	call(t, webauthn.Enable, webauthn.EnableParams{})
	call(t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
}
