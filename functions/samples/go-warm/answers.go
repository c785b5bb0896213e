package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"syscall"
	"unicode/utf8"
)

const (
	largestAnswer = 2 << 20
	timedOutError = "Sandbox.Timedout"
)

var (
	errOther   = errors.New("the runtime answered for another task")
	errGarbage = errors.New("the runtime wrote a line that is no answer")
)

// read takes a line of a child's: nil is a sign of life, else the outcome as it was written.
func read(text []byte, id string) (body []byte, isLast bool, err error) {
	var answer struct {
		TaskID    *string         `json:"taskId"`
		Outcome   json.RawMessage `json:"outcome"`
		Heartbeat bool            `json:"heartbeat"`
		Last      bool            `json:"last"`
	}
	if !utf8.Valid(text) || json.Unmarshal(text, &answer) != nil || answer.TaskID == nil {
		return nil, false, errGarbage
	}
	if *answer.TaskID != id {
		return nil, false, errOther
	}
	if answer.Outcome == nil && answer.Heartbeat {
		return nil, false, nil
	}
	var outcome map[string]json.RawMessage
	if json.Unmarshal(answer.Outcome, &outcome) != nil || (outcome["error"] == nil && outcome["output"] == nil) {
		return nil, false, errGarbage
	}
	return answer.Outcome, answer.Last || string(outcome["error"]) == `"`+timedOutError+`"`, nil
}

// ended is the outcome of a task whose process ended without one.
func ended(status syscall.WaitStatus) []byte {
	if status.Signaled() {
		return crashed("The process was killed by " + signalName(status.Signal()))
	}
	if status.ExitStatus() == 0 {
		return []byte(`{"output":null}`)
	}
	return crashed(fmt.Sprintf("The process ended with exit code %d", status.ExitStatus()))
}

func crashed(cause string) []byte { return failed("Asw.TaskCrashed", cause) }

func tooLarge(state string) []byte {
	return failed("States.DataLimitExceeded", "The state/task '"+state+"' returned a result with a size"+
		" exceeding the maximum number of bytes service limit.")
}

func timedOut(id string, span float64) []byte {
	message := fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", id, span)
	cause := encode(map[string]string{"errorType": timedOutError, "errorMessage": message})
	return failed(timedOutError, string(cause))
}

func failed(name, cause string) []byte {
	return encode(map[string]string{"error": name, "cause": cause})
}

// encode writes JSON on one line, and leaves < and > alone.
func encode(value any) []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // values of ours
	}
	return bytes.TrimRight(buffer.Bytes(), "\n")
}

func signalName(number syscall.Signal) string {
	names := map[syscall.Signal]string{
		syscall.SIGHUP: "SIGHUP", syscall.SIGINT: "SIGINT", syscall.SIGQUIT: "SIGQUIT", syscall.SIGILL: "SIGILL",
		syscall.SIGTRAP: "SIGTRAP", syscall.SIGABRT: "SIGABRT", syscall.SIGBUS: "SIGBUS", syscall.SIGFPE: "SIGFPE",
		syscall.SIGKILL: "SIGKILL", syscall.SIGSEGV: "SIGSEGV", syscall.SIGPIPE: "SIGPIPE", syscall.SIGALRM: "SIGALRM",
		syscall.SIGTERM: "SIGTERM", syscall.SIGXCPU: "SIGXCPU", syscall.SIGSYS: "SIGSYS",
	}
	if name, isKnown := names[number]; isKnown {
		return name
	}
	return fmt.Sprintf("signal %d", int(number))
}
