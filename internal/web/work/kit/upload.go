package kit

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"

	"stocktake/internal/blob"
	"stocktake/internal/errs"
)

// Upload is a file that was sent in a field; nil without an error where none was chosen. The
// caller closes it. One with which the request was over its limit is refused as the store refuses
// a file that is too large.
func (r *Request) Upload(field string) (multipart.File, string, error) {
	if r.over == field && field != "" {
		return nil, "", errs.New(errs.TooLarge, "the file in %q was more than a request may have", field).WithKey(blob.KeyTooLarge)
	}
	f, head, err := r.FormFile(field)
	if errors.Is(err, http.ErrMissingFile) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", errs.New(errs.Invalid, "read an upload: %w", err)
	}
	return f, head.Filename, nil
}

// Sends reports whether a file was chosen in a field, whatever its size.
func (r *Request) Sends(field string) bool {
	return r.over == field && field != "" || r.MultipartForm != nil && len(r.MultipartForm.File[field]) > 0
}

// mostDrained is how much more than it takes a site reads from somebody whom it knows: a browser
// that still sends does not listen, and would show that the line broke instead of an answer.
const mostDrained = 4 * blob.MaxBytes

// parts reads a form with files. Over a file that is too large nothing else is lost: what stood
// before it in the form is read, and Upload refuses the file.
func (r *Request) parts(w http.ResponseWriter, limit int64, boundary string) error {
	var begun opening
	sent := r.Body
	body := http.MaxBytesReader(w, sent, limit)
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.TeeReader(body, &begun), body}
	err := r.ParseMultipartForm(inMemory)
	if _, much := errors.AsType[*http.MaxBytesError](err); !much {
		return err
	}
	values, file := before(begun.Bytes(), boundary)
	if file == "" {
		return err
	}
	if r.Person.Known() {
		_, _ = io.CopyN(io.Discard, sent, mostDrained) // an error here means that it has ended
	}
	r.over, r.PostForm, r.MultipartForm = file, values, &multipart.Form{Value: values}
	return nil
}

// opening keeps the beginning of what is written to it.
type opening struct{ bytes.Buffer }

func (o *opening) Write(p []byte) (int, error) {
	_, _ = o.Buffer.Write(p[:min(len(p), inMemory-o.Len())]) // never fails
	return len(p), nil
}

// before reads the fields of a form up to its first file, and names the field of that.
func before(form []byte, boundary string) (url.Values, string) {
	values := url.Values{}
	for parts := multipart.NewReader(bytes.NewReader(form), boundary); ; {
		p, err := parts.NextPart()
		if err != nil {
			return nil, ""
		}
		if p.FileName() != "" {
			return values, p.FormName()
		}
		v, err := io.ReadAll(p)
		if err != nil {
			return nil, ""
		}
		values.Add(p.FormName(), string(v))
	}
}
