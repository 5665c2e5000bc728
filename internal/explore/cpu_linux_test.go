package explore

import (
	"syscall"
	"time"
	"unsafe"
)

// cpu is the processor time that this thread has used. Benchmarks are asked on machines that do
// other things as well: an answer takes as long as its thread computes. The caller has locked
// its thread. (What the collector does at the same time on other threads is not in it.)
func cpu() time.Duration {
	const threadClock = 3 // CLOCK_THREAD_CPUTIME_ID; Getrusage counts in ticks of 4 ms
	var t syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, threadClock, uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		panic(errno)
	}
	return time.Duration(t.Nano())
}

// processCPU is the processor time of all threads of this process.
func processCPU() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
