//go:build soak

package intake_test

// Ten thousand drafts, submissions and publications on each engine, while the process is killed
// again and again. Run with
//
//	go test -tags soak -run TestKilledAtRandom -timeout 30m ./internal/pledge/intake
func init() { *killed = 10_000 }
