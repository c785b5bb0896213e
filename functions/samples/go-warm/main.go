// A warm runtime for any image: the parent that asks the operator for tasks
// (docs/reference/warm-contract.md), and a child that runs them. Standard library only.
//
//	go-warm              its own function, in handler.go
//	go-warm -- COMMAND   a function in any language that speaks the protocol of warm runtimes
package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// taken are variables that no child inherits.
var taken = []string{
	"ASW_POLL_URL", "ASW_POLL_TOKEN", "ASW_POD_UID", "ASW_POD_NAME", "ASW_CONCURRENCY",
	"ASW_MAX_CALLS", "ASW_CA", "ASW_SERVER_NAME", "ASW_RESULT_WAIT",
}

type settings struct {
	url, token, pod, podName, boot, ca, serverName string
	startedAt                                      float64
	concurrency, maxCalls                          int
	resultWait, timeout                            time.Duration
}

// shared is what slots and hello have in common.
type shared struct {
	settings
	ledger   *ledger
	addrs    *addresses
	reaper   *reaper
	exitCode atomic.Int32
	refused  atomic.Bool
	onDrain  func()
}

// heapPercent has the collector begin at a heap of 1 MiB instead of 4: memory is the function's.
const heapPercent = 25

func main() {
	debug.SetGCPercent(heapPercent)
	if len(os.Args) > 1 && os.Args[1] == "--serve" {
		if err := serve(os.Stdin, os.Stdout); err != nil {
			note("a line on stdin is no request")
			os.Exit(2)
		}
		return
	}
	command := []string{"/proc/self/exe", "--serve"}
	if len(os.Args) > 2 && os.Args[1] == "--" {
		command = os.Args[2:]
	}
	s, err := start()
	if err != nil {
		note("%v", err)
		os.Exit(2)
	}
	s.run(command)
}

// start takes the settings out of the environment, and closes the process to its children.
func start() (*shared, error) {
	// A process that cannot be dumped may not be looked into, although its children have its uid.
	const setDumpable, setChildSubreaper = 4, 36
	for option, value := range map[uintptr]uintptr{setDumpable: 0, setChildSubreaper: 1} {
		if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, option, value, 0); errno != 0 {
			return nil, fmt.Errorf("prctl(%d): %w", option, errno)
		}
	}
	told := map[string]string{}
	for _, name := range taken {
		told[name] = os.Getenv(name)
		os.Unsetenv(name)
	}
	for _, name := range []string{"ASW_POLL_URL", "ASW_POLL_TOKEN", "ASW_POD_UID", "ASW_CA"} {
		if told[name] == "" {
			return nil, fmt.Errorf("%s is not set", name)
		}
	}
	boot := make([]byte, 8)
	rand.Read(boot)
	s := &shared{settings: settings{
		url: strings.TrimRight(told["ASW_POLL_URL"], "/"), token: strings.TrimSpace(told["ASW_POLL_TOKEN"]),
		pod: told["ASW_POD_UID"], podName: told["ASW_POD_NAME"], boot: hex.EncodeToString(boot),
		startedAt: float64(time.Now().UnixMilli()) / 1000,
		ca:        told["ASW_CA"], serverName: told["ASW_SERVER_NAME"],
		concurrency: int(number(told["ASW_CONCURRENCY"], 1)), maxCalls: int(number(told["ASW_MAX_CALLS"], 0)),
		resultWait: seconds(number(told["ASW_RESULT_WAIT"], 600)),
		timeout:    seconds(number(os.Getenv("ASW_TIMEOUT_SECONDS"), 0)),
	}, ledger: newLedger()}
	s.reaper = newReaper(s.concurrency == 1)
	var err error
	s.addrs, err = newAddresses(s.settings)
	return s, err
}

func (s *shared) run(command []string) {
	// Go dies of signals that nobody asked for, and a child may send any: so ask for all of them.
	// (It does not tell who sent one: a function can have its own pod drained by a SIGTERM.)
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	var slots []*slot
	for index := range s.concurrency {
		out := &output{isTagged: s.concurrency > 1}
		slots = append(slots, newSlot(s, index, newKeeper(s, command, out)))
	}
	hello := newHello(s, slots)
	s.onDrain = func() {
		hello.part()
		for _, each := range slots {
			each.line.interrupt()
		}
	}
	go hello.run()
	var serving sync.WaitGroup
	for _, each := range slots {
		go each.keeper.run()
		serving.Go(func() {
			<-hello.known.happened
			each.run()
		})
	}
	ended := make(chan struct{})
	go func() { serving.Wait(); close(ended) }()
	ticks := time.NewTicker(time.Second)
	for {
		select {
		case heard := <-signals:
			if heard == syscall.SIGTERM {
				s.drain(0, "SIGTERM was received")
			}
		case <-ticks.C: // a signal may have been lost
		case <-ended:
			if !s.refused.Load() {
				select {
				case <-hello.parted.happened:
				case <-time.After(2 * time.Second):
				}
			}
			s.reaper.killAll()
			os.Exit(int(s.exitCode.Load()))
		}
		s.reaper.reap()
	}
}

// judge drains where an answer says that nothing more is to come.
func (s *shared) judge(status int) {
	switch status {
	case 401, 403:
		s.refused.Store(true)
		s.drain(1, fmt.Sprintf("the operator refuses our token (%d)", status))
	case 410:
		s.drain(0, "this revision of the function is retired")
	default:
		note("the operator answered %d", status)
	}
}

func (s *shared) drain(exitCode int, reason string) {
	if s.ledger.drain() {
		s.exitCode.Store(int32(exitCode))
		note("no more tasks are taken: %s", reason)
		s.onDrain()
	}
}

func note(format string, values ...any) { fmt.Fprintf(os.Stderr, "asw: "+format+"\n", values...) }

func number(text string, otherwise float64) float64 {
	if value, err := strconv.ParseFloat(text, 64); err == nil {
		return value
	}
	return otherwise
}

func seconds(value float64) time.Duration { return time.Duration(value * float64(time.Second)) }
