package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"licet/internal/split"
)

// readPresidio adds the templates of presidio_research that are in the half to
// look at, and its companies, to what the writer writes.
func (w *writer) readPresidio(dir string) (string, error) {
	const set = "presidio_research"
	files, err := shared(dir, set, func(s string) bool { return strings.HasSuffix(s, "synth_dataset_v2.json") })
	if err != nil {
		return "", err
	}
	var texts []struct {
		Masked   string
		Template int `json:"template_id"`
		Spans    []struct {
			Type  string `json:"entity_type"`
			Value string `json:"entity_value"`
		}
	}
	if err := json.Unmarshal(files[0].data, &texts); err != nil {
		return "", fmt.Errorf("read %s: %w", set, err)
	}
	slots := strings.NewReplacer("{{PERSON}}", "{P}", "{{ORGANIZATION}}", "{ORG}", "{{STREET_ADDRESS}}", "{ADDR}", "{{GPE}}", "{PLACE}", "{{TITLE}}", "{TITLE}",
		"{{DATE_TIME}}", "{DAY}", "{{PHONE_NUMBER}}", "{PHONE}", "{{NRP}}", "{NAT}", "{{AGE}}", "{N}", "{{ZIP_CODE}}", "{CP}", "{{EMAIL_ADDRESS}}", "{EMAIL}", "{{CREDIT_CARD}}", "{PHONE}",
		"{{DOMAIN_NAME}}", "{EMAIL}", "{{IBAN_CODE}}", "{CP}", "{{US_DRIVER_LICENSE}}", "{CP}", "{{IP_ADDRESS}}", "{CP}")
	seen := map[int]bool{}
	for _, x := range texts {
		if split.ScoredN(set, x.Template) {
			continue
		}
		if !seen[x.Template] {
			seen[x.Template] = true
			if t := slots.Replace(x.Masked); !strings.Contains(t, "{{") {
				w.sets["presidio"] = append(w.sets["presidio"], t)
			}
		}
		for _, s := range x.Spans {
			if s.Type == "ORGANIZATION" && !strings.ContainsAny(s.Value, "{}") {
				w.slots["KNOWN2"] = append(w.slots["KNOWN2"], s.Value)
			}
		}
	}
	w.slots["COMPANY"] = append(w.slots["COMPANY"], "{KNOWN2}", "{KNOWN2}", "{KNOWN2}")
	return digestOf(files), nil
}
