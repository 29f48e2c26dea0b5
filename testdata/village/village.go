// Package village embeds Quayside, the fictional community that the
// demonstration and the end-to-end tests share.
package village

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
)

//go:embed english.jsonl french.jsonl choices.jsonl
var files embed.FS

// Platform is the name of the community's platform in the exchange format.
const Platform = "village"

// Files returns the exchange files, english.jsonl and french.jsonl.
func Files() fs.FS { return files }

// A Choice is what a member says in the demonstration, and when.
type Choice struct {
	Member   string `json:"member"`
	Choice   string `json:"choice"` // object or consent
	When     string `json:"when"`   // before_deadline or after_training
	Language string `json:"language"`
	Screen   string `json:"screen"`
}

// Choices returns what the members say, in order.
func Choices() ([]Choice, error) {
	data, err := files.ReadFile("choices.jsonl")
	if err != nil {
		return nil, fmt.Errorf("the village's choices: %w", err)
	}
	var out []Choice
	for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
		var c Choice
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("choices.jsonl: %w", err)
		}
		out = append(out, c)
	}
	return out, nil
}

// Texts returns the exchange files as they stand, one after the other.
func Texts() ([]byte, error) {
	var out []byte
	for _, name := range []string{"english.jsonl", "french.jsonl"} {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("the village's texts: %w", err)
		}
		out = append(out, data...)
	}
	return out, nil
}
