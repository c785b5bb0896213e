package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
)

// handle is the function: change it, and nothing else. A returned error fails the task; whatever
// it prints belongs on stderr.
func handle(event json.RawMessage) (any, error) {
	return map[string]any{"heard": event}, nil
}

// serve is the child: it answers requests one after the other (docs/reference/runtime-protocol.md).
// Another language may do so instead: “go-warm -- COMMAND“ starts that command.
func serve(requests io.Reader, answers io.Writer) error {
	encoder := json.NewEncoder(answers)
	encoder.SetEscapeHTML(false)
	lines := bufio.NewReader(requests)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		var request struct {
			TaskID      string            `json:"taskId"`
			Event       string            `json:"event"`
			Environment map[string]string `json:"environment"`
		}
		if err := json.Unmarshal(line, &request); err != nil {
			return err
		}
		for name, value := range request.Environment {
			os.Setenv(name, value)
		}
		answer := map[string]any{"taskId": request.TaskID}
		if output, err := handle(json.RawMessage(request.Event)); err != nil {
			answer["outcome"] = map[string]string{"error": "Function.Failed", "cause": err.Error()}
		} else {
			answer["outcome"] = map[string]any{"output": output}
		}
		if err := encoder.Encode(answer); err != nil {
			return err
		}
	}
}
