package access

// Provider is an OpenID Connect provider: an organisation that says who its people are.
type Provider struct {
	Name         string // on the button
	Issuer       string
	ClientID     string
	ClientSecret string
}
