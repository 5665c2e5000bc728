package pledge

// SetKeep changes how many pledges a batch remembers; the function that it returns undoes it.
func SetKeep(n int) (undo func()) {
	was := keep
	keep = n
	return func() { keep = was }
}
